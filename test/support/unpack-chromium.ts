import { join } from 'node:path';
import { inflate } from '@sparticuz/chromium';

/* Unpacks the package's Chromium with its libraries and fonts into TMPDIR. Started by bundled-chromium.ts. */

const [, , bin = ''] = process.argv;
const archives = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'];
await Promise.all(archives.map((archive) => inflate(join(bin, archive))));
