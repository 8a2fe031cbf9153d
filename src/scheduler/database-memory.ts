import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DatabaseMemory } from '../domain/database-identity.ts';

/** What this machine remembers of databases, in a file outside of them: a restore does not set it back. */
export interface DatabaseMemories {
  readonly all: readonly DatabaseMemory[];
  /** Remembers a state; one that is lower than what is known is left. Throws where the folder can't be written. */
  remember(memory: DatabaseMemory): Promise<void>;
}

const FILE = 'databases.json';
/** Installations that are remembered; the one that was met longest ago is forgotten first. */
const MOST = 16;

const fileShape = z.object({
  databases: z.array(
    z.object({
      installation: z.string(),
      epoch: z.number(),
      systemIdentifier: z.string().nullable(),
      databaseOid: z.string(),
    }),
  ),
});

/** Reads what the folder holds; what can't be read counts as nothing remembered. */
export async function openDatabaseMemories(folder: string): Promise<DatabaseMemories> {
  let all = await read(folder);
  return {
    get all() {
      return all;
    },
    async remember(memory) {
      // Another process may share the folder.
      const known = merge(await read(folder), all);
      const before = known.find((one) => one.installation === memory.installation);
      all = [...known.filter((one) => one !== before), latest(before, memory)].slice(-MOST);
      await write(folder, all);
    },
  };
}

function merge(a: readonly DatabaseMemory[], b: readonly DatabaseMemory[]): DatabaseMemory[] {
  const merged = new Map(a.map((one) => [one.installation, one]));
  for (const one of b) merged.set(one.installation, latest(merged.get(one.installation), one));
  return [...merged.values()];
}

function latest(before: DatabaseMemory | undefined, memory: DatabaseMemory): DatabaseMemory {
  return before !== undefined && before.epoch > memory.epoch ? before : memory;
}

async function read(folder: string): Promise<readonly DatabaseMemory[]> {
  try {
    return fileShape.parse(JSON.parse(await readFile(join(folder, FILE), 'utf8'))).databases;
  } catch {
    // Not there yet, or not ours: nothing is remembered, as on a new machine.
    return [];
  }
}

/** Whole or not at all, whenever the machine goes down. */
async function write(folder: string, databases: readonly DatabaseMemory[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${FILE}.${randomUUID()}`);
  try {
    await writeFile(draft, `${JSON.stringify({ databases }, null, 2)}\n`, { flush: true, mode: 0o600 });
    await rename(draft, join(folder, FILE));
  } finally {
    await rm(draft, { force: true });
  }
}
