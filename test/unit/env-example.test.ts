import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { envExample } from '../../scripts/generate-env-example.ts';

test('.env.example says what the variables say (else run scripts/generate-env-example.ts)', async () => {
  expect(await readFile('.env.example', 'utf8')).toBe(await envExample());
});
