import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { AdapterContext, AdapterDefinition } from '../../../src/adapter.ts';
import { systemClock } from '../../../src/clock.ts';
import { quietLog } from '../../support/quiet-log.ts';

/**
 * What an adapter needs around it to be tried: a fake of its vendor, and the environment that leads to it. An adapter
 * that opens with nothing set needs none. Default-export `() => Promise<Rig>` from `support/<kind>/<name>.ts`.
 */
export interface Rig extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** For a recogniser: what its fake hears, and answers with. Audio in the first format that the adapter takes. */
  readonly speech?: { readonly audio: Uint8Array; readonly words: string };
}

/** An adapter that has been opened for a suite. Whoever opened it disposes it. */
export interface Tried<Vendor> extends AsyncDisposable {
  readonly vendor: Vendor;
  readonly rig: Rig | undefined;
}

/**
 * Opens an adapter for its suite, with its rig where `support/<kind>/<name>.ts` exists. Undefined only for a stand-in that
 * says that it can't run here; anything else that does not open is an error, for a suite that skips in silence proves
 * nothing.
 */
export async function tryAdapter<Vendor extends AsyncDisposable>(
  kind: 'stt' | 'llm' | 'tts',
  definition: AdapterDefinition<z.ZodRawShape, Vendor>,
): Promise<Tried<Vendor> | undefined> {
  await using stack = new AsyncDisposableStack();
  const openRig = await rigOf(kind, definition.name);
  const rig = openRig === undefined ? undefined : stack.use(await openRig());
  const env = z.object(definition.env).parse(rig?.env ?? {});
  const vendor = await definition.open(env, context);
  if (vendor === undefined) {
    if (definition.standIn !== undefined) return undefined;
    throw new Error(
      `src/${kind}/${definition.name} does not open here: give it a fake vendor in test/conformance/support/${kind}/${definition.name}.ts`,
    );
  }
  stack.use(vendor);
  const owned = stack.move();
  return { vendor, rig, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const context: AdapterContext = {
  clock: systemClock,
  log: quietLog(),
  random: () => 0.5,
  publicUrl: 'http://127.0.0.1:8080',
};

async function rigOf(kind: string, name: string): Promise<(() => Promise<Rig>) | undefined> {
  const file = new URL(`${kind}/${name}.ts`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const { default: open } = (await import(file.href)) as { default?: () => Promise<Rig> };
  if (open === undefined) throw new Error(`support/${kind}/${name}.ts must default-export what opens its rig`);
  return open;
}
