import type { SystemWire } from './api/system.ts';
import type { Adapters } from './adapters.ts';

type Kind = 'carrier' | 'stt' | 'llm' | 'tts';

/** Everything that can be plugged in here, whether it is in use, and the names (never the values) of its settings. */
export function vendorList(
  adapters: Adapters,
  inUse: readonly { readonly kind: string; readonly name: string }[],
): SystemWire['vendors'] {
  const kinds = [
    ['carrier', adapters.carriers],
    ['stt', adapters.stt],
    ['llm', adapters.llm],
    ['tts', adapters.tts],
  ] as const satisfies readonly (readonly [Kind, unknown])[];
  return kinds.flatMap(([kind, definitions]) =>
    definitions.map(({ name, title, env, standIn }) => ({
      kind,
      name,
      title,
      inUse: inUse.some((used) => used.kind === kind && used.name === name),
      standIn: standIn !== undefined,
      settings: Object.keys(env),
    })),
  );
}
