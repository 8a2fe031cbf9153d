import type { AdapterContext } from './adapter.ts';
import type { Adapters } from './adapters.ts';
import type { CarrierFacts } from './callbacks/deps.ts';
import type { Carrier, CarrierHost } from './carriers/carrier.ts';
import { fragmentOf, type Config } from './config.ts';
import { RingbackError } from './errors.ts';
import type { StandInUse } from './vendors.ts';

/** The carriers that are configured here. Whoever opens them closes them. */
export interface OpenCarriers extends AsyncDisposable {
  readonly all: readonly { readonly carrier: Carrier; readonly host: CarrierHost }[];
  readonly standIns: readonly StandInUse[];
  find(name: string): Carrier | undefined;
  /** What the rules of callbacks need to know of one. */
  facts(name: string): CarrierFacts | undefined;
}

/** Opens every carrier that the environment configures; the softphone stays beside real ones. */
export async function openCarriers(
  adapters: Adapters,
  config: Config,
  context: AdapterContext,
  hostOf: (name: string) => CarrierHost,
): Promise<OpenCarriers> {
  await using opened = new AsyncDisposableStack();
  const all: { carrier: Carrier; host: CarrierHost }[] = [];
  const standIns: StandInUse[] = [];
  for (const definition of adapters.carriers) {
    const { name, title, standIn } = definition;
    const host = hostOf(name);
    const settings = fragmentOf(config, definition.env);
    if (definition.needsHttps?.(settings) === true && config.publicUrl?.startsWith('https:') !== true)
      throw notHttps(config, title);
    const carrier = await definition.open(settings, adapterContext(context, name, host));
    if (carrier === undefined) continue;
    all.push({ carrier: opened.use(carrier), host });
    if (standIn !== undefined) standIns.push({ kind: 'carrier', name, title, notice: standIn.notice });
  }
  const owned = opened.move();
  const find = (name: string): Carrier | undefined => all.find(({ carrier }) => carrier.name === name)?.carrier;
  return {
    all,
    standIns,
    find,
    facts(name) {
      const carrier = find(name);
      if (carrier === undefined) return undefined;
      const { ringsTelephone, machineDetection } = carrier.capabilities;
      return { reaches: (number) => carrier.reaches(number), ringsTelephone, machineDetection };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function notHttps(config: Config, title: string): RingbackError {
  const got = config.publicUrl ?? 'nothing';
  return new RingbackError('config_invalid', [
    `PUBLIC_URL: got ${got}, wants the https URL at which ${title} reaches this service`,
  ]);
}

/** The context keeps its getters: `publicUrl` is known only once the server listens. */
function adapterContext(context: AdapterContext, name: string, host: CarrierHost) {
  return {
    clock: context.clock,
    random: context.random,
    log: context.log.child({ carrier: name }),
    get publicUrl() {
      return context.publicUrl;
    },
    host,
  };
}
