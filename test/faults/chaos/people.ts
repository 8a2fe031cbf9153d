import { systemClock } from '../../../src/clock.ts';
import type { TwilioCall } from '../../fakes/twilio/call.ts';
import type { Callee, DialExchange, TwilioServer } from '../../fakes/twilio/server.ts';
import type { Random } from '../../simulation/kernel/random.ts';

/** What somebody does whose telephone rings, and what the carrier makes of it. */
export type Habit = 'talks' | 'does_not_answer' | 'is_busy' | 'has_no_number' | 'hangs_up_at_once';

const habits: readonly Habit[] = [
  'talks',
  'talks',
  'talks',
  'does_not_answer',
  'is_busy',
  'has_no_number',
  'has_no_number',
  'hangs_up_at_once',
];
/** What becomes of a request to call, where not all is well. */
const faults: readonly ((exchange: DialExchange) => void)[] = [
  ({ refuse }) => refuse(429, 20_429),
  ({ refuse }) => refuse(500),
  ({ response }) => void response.destroy(),
  ({ place, refuse }) => {
    place();
    refuse(500);
  },
  ({ place, response }) => {
    place();
    response.destroy();
  },
];
const FAULTY_SHARE = 0.08;
/** More than one person can ever be asked for. */
const MOST_REQUESTS = 100;
/** They hear so much of the opening before they hang up. */
const HEARD_MS = 600;
/** Nobody holds the line for longer when nothing is said. */
const PATIENCE_MS = 20_000;
const RING_MS = 150;

/** One request to call, as it came in at the carrier. */
export interface Request {
  readonly attemptId: string;
  readonly callbackId: string;
  /** By the wall clock of this machine, which the database shares. */
  readonly atMs: number;
  /** By `performance.now()`. */
  readonly elapsedMs: number;
}

/** People with habits, each drawn once and kept for all of their calls; and the carrier's book of requests for them. */
export class People {
  readonly requests: Request[] = [];
  readonly #twilio: TwilioServer;
  readonly #random: Random;
  readonly #habits = new Map<string, Habit>();

  /** From now on they pick up at this carrier. */
  constructor(twilio: TwilioServer, random: Random) {
    this.#twilio = twilio;
    this.#random = random;
    twilio.callee = this.#callee;
  }

  /** The number of somebody new. */
  newPerson(): string {
    const to = `+1212${String(2_000_000 + this.#habits.size)}`;
    this.#habits.set(to, this.#random.pick(habits));
    this.#twilio.faultsTo.set(
      to,
      Array.from({ length: MOST_REQUESTS }, () => (exchange) => this.#serve(exchange)),
    );
    return to;
  }

  /** Whether that person stays on the line to hear what is said. */
  isListener(to: string): boolean {
    return this.#habits.get(to) === 'talks';
  }

  #serve(exchange: DialExchange): void {
    const url = new URL(exchange.form.get('Url') ?? '');
    this.requests.push({
      attemptId: url.pathname.split('/').at(-1) ?? '',
      callbackId: url.searchParams.get('callback') ?? '',
      atMs: Temporal.Now.instant().epochMilliseconds,
      elapsedMs: performance.now(),
    });
    if (this.#random.chance(FAULTY_SHARE)) return this.#random.pick(faults)(exchange);
    exchange.place();
    exchange.accept();
  }

  readonly #callee: Callee = async (call) => {
    const habit = this.#habits.get(call.options.to) ?? 'does_not_answer';
    if (habit === 'has_no_number') return call.enter('failed', { SipResponseCode: '404' });
    if (habit === 'is_busy') return call.enter('busy', { SipResponseCode: '486' });
    await call.enter('ringing');
    await pause(RING_MS);
    if (habit === 'does_not_answer') return call.enter('no-answer', { SipResponseCode: '487' });
    await call.enter('in-progress');
    // Nobody may be there who answers the webhook: the line is silent, and then they hang up all the same.
    const followed = call.follow(call.options.request?.get('Url') ?? '').catch(() => undefined);
    await Promise.race([followed, pause(PATIENCE_MS)]);
    if (habit === 'talks') await Promise.race([call.said(HEARD_MS), call.ended, pause(PATIENCE_MS)]);
    await call.hangUp();
  };
}

/** How much of the agent's words was heard in a call. */
export function heardMs(call: TwilioCall): number {
  return call.heard.filter((frame) => frame !== null).length * 20;
}

function pause(ms: number): Promise<void> {
  return systemClock.sleep(ms, new AbortController().signal);
}
