import { readdir } from 'node:fs/promises';
import type { AdapterDefinition } from './adapter.ts';
import type { CarrierDefinition } from './carriers/carrier.ts';
import type { LlmDefinition } from './llm/llm.ts';
import type { SttDefinition } from './stt/stt.ts';
import type { Tool } from './tools/tool.ts';
import type { TtsDefinition } from './tts/tts.ts';

/** Everything that can be plugged in: what the folders hold, plus what a caller adds. */
export interface Adapters {
  readonly carriers: readonly CarrierDefinition[];
  readonly stt: readonly SttDefinition[];
  readonly llm: readonly LlmDefinition[];
  readonly tts: readonly TtsDefinition[];
  readonly tools: readonly Tool[];
}

/**
 * Finds the adapters: each folder of `carriers`, `stt`, `llm` and `tts` that has an `index.ts`, and each file of
 * `tools` beside `tool.ts`. Importing them loads no SDK. Throws where a definition does not carry its folder's
 * name, so that `vendor/model` always leads to a folder.
 */
export async function discoverAdapters(root: URL = new URL('./', import.meta.url)): Promise<Adapters> {
  const [carriers, stt, llm, tts, tools] = await Promise.all([
    folders<CarrierDefinition>(new URL('carriers/', root)),
    folders<SttDefinition>(new URL('stt/', root)),
    folders<LlmDefinition>(new URL('llm/', root)),
    folders<TtsDefinition>(new URL('tts/', root)),
    toolFiles(new URL('tools/', root)),
  ]);
  return { carriers, stt, llm, tts, tools };
}

/** All environment fragments, for the configuration to be composed of. */
export function envFragments(adapters: Adapters): AdapterDefinition<Record<string, never>, unknown>['env'][] {
  return [...adapters.carriers, ...adapters.stt, ...adapters.llm, ...adapters.tts].map(
    (definition) => definition.env as Record<string, never>,
  );
}

async function folders<Definition extends { name: string }>(kind: URL): Promise<Definition[]> {
  const entries = await readdir(kind, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const found = await Promise.all(
    names.toSorted().map(async (name) => {
      const files = await readdir(new URL(`${name}/`, kind));
      if (!files.includes('index.ts')) return undefined;
      const { default: definition } = (await import(new URL(`${name}/index.ts`, kind).href)) as {
        default?: Definition;
      };
      if (definition?.name !== name)
        throw new Error(`${kind.pathname}${name}/index.ts must default-export a definition named "${name}"`);
      return definition;
    }),
  );
  return found.filter((definition) => definition !== undefined);
}

async function toolFiles(folder: URL): Promise<Tool[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts') && name !== 'tool.ts');
  return Promise.all(
    names.toSorted().map(async (name) => {
      const { default: tool } = (await import(new URL(name, folder).href)) as { default?: Tool };
      if (tool?.name !== name.slice(0, -3).replaceAll('-', '_'))
        throw new Error(`tools/${name} must default-export a tool named after its file`);
      return tool;
    }),
  );
}
