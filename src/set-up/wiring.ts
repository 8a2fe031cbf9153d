import { findCurrentAgent } from '../../db/agent-store.ts';
import { lastCallsOf } from '../../db/health-store.ts';
import { pausedCarriers } from '../../db/outbound-store.ts';
import { agentServedBy, findPhoneNumber } from '../../db/phone-number-store.ts';
import { RingbackError } from '../errors.ts';
import type { SetUpDeps } from './deps.ts';

/** What is asked of a carrier here. */
interface WiredCarrier {
  readonly name: string;
  readonly webhooks?: { readonly routes: readonly { readonly path: string; readonly method: string }[] };
}

export interface WiringDeps extends Pick<SetUpDeps, 'database'> {
  readonly carriers: readonly WiredCarrier[];
  readonly publicUrl: () => string;
  /** Whether a URL answers when it is asked from here. */
  readonly reaches: (url: string) => Promise<boolean>;
}

type CheckName = 'carrier' | 'agent' | 'public_url' | 'reachable' | 'signature' | 'inbound' | 'outbound';

interface Check {
  readonly name: CheckName;
  /** Null: it can't be told yet. */
  readonly ok: boolean | null;
  readonly says: string;
}

/** Whether a number is wired up, as far as the product can see it by itself. */
export interface Wiring {
  readonly checks: Check[];
  readonly webhooks: { path: string; method: string; url: string }[];
  readonly lastInbound: Temporal.Instant | null;
  readonly lastOutbound: Temporal.Instant | null;
}

/** Looks at what stands between a number and its first call, as far as that can be told from here. Throws `not_found`. */
export async function checkWiring(deps: WiringDeps, id: string): Promise<Wiring> {
  const number = await findPhoneNumber(deps.database.orm, id);
  if (number === undefined) throw new RingbackError('not_found', ['phone number']);
  const carrier = deps.carriers.find(({ name }) => name === number.carrier);
  const served = await deps.database.transaction((orm) => agentServedBy(orm, number));
  const agent = served === undefined ? undefined : await findCurrentAgent(deps.database.orm, served.id);
  const last = await lastCallsOf(deps.database, number.number);
  const paused = (await pausedCarriers(deps.database)).find((pause) => pause.carrier === number.carrier);
  const checks: Check[] = [
    carrier === undefined
      ? { name: 'carrier', ok: false, says: `The carrier ${number.carrier} is not set up in the environment.` }
      : { name: 'carrier', ok: true, says: 'The carrier is set up.' },
    agent === undefined
      ? { name: 'agent', ok: false, says: 'No agent answers here; callers hear a polite refusal.' }
      : { name: 'agent', ok: true, says: `${agent.name} answers.` },
    ...(carrier?.webhooks === undefined ? [] : await webhookChecks(deps)),
    inbound(number.inboundEnabled, last.inboundMs),
    outbound(number.outboundEnabled, paused?.reason),
  ];
  return {
    checks,
    webhooks: carrier === undefined ? [] : webhooksOf(carrier, deps.publicUrl()),
    lastInbound: instant(last.inboundMs),
    lastOutbound: instant(last.outboundMs),
  };
}

async function webhookChecks({ publicUrl, reaches }: WiringDeps): Promise<Check[]> {
  const url = publicUrl();
  const secure = url.startsWith('https:');
  const answers = secure && (await reaches(`${url}/healthz`));
  return [
    secure
      ? { name: 'public_url', ok: true, says: `PUBLIC_URL is ${url}.` }
      : {
          name: 'public_url',
          ok: false,
          says: `PUBLIC_URL is ${url}: a carrier needs an https address that the internet can reach.`,
        },
    answers
      ? { name: 'reachable', ok: true, says: 'This gateway answers there, over TLS that is valid.' }
      : secure
        ? {
            name: 'reachable',
            ok: null,
            says: 'Nothing answered there when asked from this machine. Some networks do not let a machine reach itself from outside; if the carrier does not either, look at DNS, the certificate and the proxy.',
          }
        : { name: 'reachable', ok: null, says: 'Not tried without an https address.' },
    { name: 'signature', ok: true, says: 'The secret is set: webhooks that are not signed with it are refused.' },
  ];
}

function inbound(enabled: boolean, lastMs: number | null): Check {
  if (!enabled) return { name: 'inbound', ok: false, says: 'Inbound is switched off: callers are turned away.' };
  return lastMs === null
    ? { name: 'inbound', ok: null, says: 'No call has come in yet.' }
    : { name: 'inbound', ok: true, says: 'Calls come in.' };
}

function outbound(enabled: boolean, pausedFor: string | undefined): Check {
  if (!enabled)
    return { name: 'outbound', ok: false, says: 'Outbound is switched off: no callback is dialled from here.' };
  return pausedFor === undefined
    ? { name: 'outbound', ok: true, says: 'Callbacks may be dialled from here.' }
    : { name: 'outbound', ok: false, says: `The carrier is paused: ${pausedFor}` };
}

/** Those that an operator enters at the carrier; the others it is told with each dial. */
function webhooksOf(carrier: WiredCarrier, publicUrl: string): Wiring['webhooks'] {
  return (carrier.webhooks?.routes ?? [])
    .filter(({ path }) => !path.includes(':'))
    .map(({ path, method }) => ({ path, method, url: `${publicUrl}/carriers/${carrier.name}${path}` }));
}

function instant(ms: number | null): Temporal.Instant | null {
  return ms === null ? null : Temporal.Instant.fromEpochMilliseconds(Math.floor(ms));
}
