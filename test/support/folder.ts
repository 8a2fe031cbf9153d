import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder; disposing removes it with all that is in it. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** Others may pass through, as the account of an embedded Postgres must: else its cluster would lie outside of the folder. */
export async function openFolder(mode = 0o711): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'ringback-test-'));
  await chmod(path, mode);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
