import type { z } from 'zod';
import type { AdapterContext, AdapterDefinition, StandIn } from './adapter.ts';
import type { Adapters } from './adapters.ts';
import type { Vendors } from './call/ports.ts';
import { fragmentOf, type Config } from './config.ts';
import type { VendorChoice } from './domain/agent.ts';
import { RingbackError } from './errors.ts';
import type { Llm } from './llm/llm.ts';
import type { Log } from './log.ts';
import type { Stt } from './stt/stt.ts';
import type { Tts } from './tts/tts.ts';

/** A part in use that only stands in for a real one. */
export interface StandInUse {
  readonly kind: 'carrier' | 'stt' | 'llm' | 'tts' | 'database';
  readonly name: string;
  readonly title: string;
  readonly notice: string;
}

/** The STT, LLM and TTS of this process. Whoever opens them closes them. */
export interface OpenVendors extends Vendors, AsyncDisposable {
  readonly standIns: readonly StandInUse[];
  /** What is open here, stand-ins included. */
  readonly inUse: readonly { readonly kind: StandInUse['kind']; readonly name: string }[];
  /**
   * A voice that needs no vendor, for what must be said when a vendor's fails; null where this machine has none that
   * speaks words. Opened when it is asked for first, anew where that failed, closed with the rest. Never rejects.
   */
  spareVoice(): Promise<Tts | null>;
}

interface Opened<Vendor> {
  readonly name: string;
  readonly vendor: Vendor;
}

/**
 * Opens every vendor that the environment configures; of a kind for which there is none, the stand-in of the lowest rank
 * that opens. Throws `config_invalid` where nothing at all can think or speak.
 */
export async function openVendors(
  adapters: Adapters,
  config: Config,
  context: AdapterContext,
  log: Log,
): Promise<OpenVendors> {
  await using opened = new AsyncDisposableStack();
  const standIns: StandInUse[] = [];
  const stt = await openKind<Stt>('stt', adapters.stt);
  const llm = await openKind<Llm>('llm', adapters.llm);
  const tts = await openKind<Tts>('tts', adapters.tts);
  if (llm.length === 0)
    throw new RingbackError('config_invalid', ['no language model can be opened: set OPENAI_API_KEY']);
  if (tts.length === 0) throw new RingbackError('config_invalid', ['no voice can be opened: set DEEPGRAM_API_KEY']);
  const owned = opened.move();
  let spare: Promise<Tts | null> | undefined;

  async function openSpare(): Promise<Tts | null> {
    for (const definition of ranked(adapters.tts)) {
      if (tts.some(({ name }) => name === definition.name) || definition.standIn?.speaksWords !== true) continue;
      const vendor = await open(definition, owned);
      if (vendor !== undefined) return vendor;
    }
    return null;
  }

  async function openKind<Vendor extends AsyncDisposable>(
    kind: 'stt' | 'llm' | 'tts',
    definitions: readonly AdapterDefinition<z.ZodRawShape, Vendor>[],
  ): Promise<Opened<Vendor>[]> {
    const real: Opened<Vendor>[] = [];
    for (const definition of definitions.filter(({ standIn }) => standIn === undefined)) {
      const vendor = await open(definition, opened);
      if (vendor === undefined) continue;
      if (definition.isFirst?.(fragmentOf(config, definition.env)) === true)
        real.unshift({ name: definition.name, vendor });
      else real.push({ name: definition.name, vendor });
    }
    if (real.length > 0) return real;
    for (const definition of ranked(definitions)) {
      const vendor = await open(definition, opened);
      if (vendor === undefined) continue;
      const { name, title, standIn } = definition;
      standIns.push({ kind, name, title, notice: standIn?.notice ?? '' });
      return [{ name, vendor }];
    }
    return [];
  }

  async function open<Vendor extends AsyncDisposable>(
    definition: AdapterDefinition<z.ZodRawShape, Vendor>,
    into: AsyncDisposableStack,
  ): Promise<Vendor | undefined> {
    try {
      const settings = fragmentOf(config, definition.env);
      const vendor = await definition.open(settings, context);
      if (vendor === undefined) return undefined;
      // One that came up too late is closed at once.
      if (into.disposed) await vendor[Symbol.asyncDispose]();
      return into.disposed ? undefined : into.use(vendor);
    } catch (error) {
      // A configured vendor that cannot be opened stops the start; a stand-in gives way to the next one.
      if (definition.standIn === undefined) throw error;
      log.warn({ vendor: definition.name, error: nameOf(error) }, 'a stand-in could not be opened');
      return undefined;
    }
  }

  const named = (kind: StandInUse['kind'], vendors: readonly Opened<unknown>[]) =>
    vendors.map(({ name }) => ({ kind, name }));
  return {
    standIns,
    inUse: [...named('stt', stt), ...named('llm', llm), ...named('tts', tts)],
    stt: (choice) => {
      const chosen = choose(stt, choice);
      return chosen === undefined ? null : { stt: chosen.vendor, model: chosen.model };
    },
    llm: (choice) => {
      const { vendor, model } = firstOf(choose(llm, choice));
      return { llm: vendor, model };
    },
    tts: (choice) => {
      const { vendor, model } = firstOf(choose(tts, choice));
      return { tts: vendor, voice: model };
    },
    spareVoice: () =>
      (spare ??= openSpare().then((voice) => {
        // What failed once may come up the next time.
        if (voice === null) spare = undefined;
        return voice;
      })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The stand-ins among them, the one that is used first before the others. */
function ranked<Definition extends { readonly standIn?: StandIn }>(definitions: readonly Definition[]): Definition[] {
  return definitions
    .filter(({ standIn }) => standIn !== undefined)
    .toSorted((a, b) => (a.standIn?.rank ?? 0) - (b.standIn?.rank ?? 0));
}

/**
 * The first of the choice (`vendor` or `vendor/model`) that is open here; an agent that names a vendor which is not
 * configured any more is served by the first that is.
 */
function choose<Vendor>(
  open: readonly Opened<Vendor>[],
  choice: VendorChoice,
): { vendor: Vendor; model: string | null } | undefined {
  const wishes = choice === null ? [] : typeof choice === 'string' ? [choice] : choice;
  for (const wish of wishes) {
    const slash = wish.indexOf('/');
    const name = slash < 0 ? wish : wish.slice(0, slash);
    const found = open.find((one) => one.name === name);
    if (found !== undefined) return { vendor: found.vendor, model: slash < 0 ? null : wish.slice(slash + 1) };
  }
  const [first] = open;
  return first === undefined ? undefined : { vendor: first.vendor, model: null };
}

function firstOf<Chosen>(chosen: Chosen | undefined): Chosen {
  if (chosen === undefined) throw new RingbackError('internal');
  return chosen;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** What the accounts of the vendors that serve first allow at once, over all replicas. */
export function streamsMaxOf(vendors: Vendors): number[] {
  const limits = [vendors.stt(null)?.stt.capabilities.streamsMax, vendors.tts(null).tts.capabilities.streamsMax];
  return limits.filter((most) => most !== undefined);
}
