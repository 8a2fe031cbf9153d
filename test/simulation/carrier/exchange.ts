import type {
  Carrier,
  CarrierCapabilities,
  CarrierEvent,
  DialRequest,
  DialResult,
  FoundCall,
} from '../../../src/carriers/carrier.ts';
import type { CarrierEnd } from '../../../src/domain/attempt-states.ts';
import type { MachineVerdict } from '../../../src/domain/attempt.ts';
import { RingbackError } from '../../../src/errors.ts';
import type { Machine } from '../kernel/machine.ts';
import type { Random } from '../kernel/random.ts';
import type { Universe } from '../kernel/universe.ts';
import { calmMood, type Mood } from './mood.ts';

/** A call that the carrier placed. */
export interface SimCall {
  readonly carrierCallId: string;
  readonly attemptId: string;
  readonly callbackId: string;
  readonly to: string;
  readonly placedAtMs: number;
  readonly ringTimeoutMs: number;
  readonly detection: boolean;
  state: 'queued' | 'ringing' | 'answered' | { readonly ended: CarrierEnd };
  rang: boolean;
  /** Who picked up. */
  who: 'person' | 'machine' | null;
  verdict: MachineVerdict | null;
  /** The gateway opened a stream for it. */
  streamed: boolean;
  openedAtMs: number | null;
}

/** Where the carrier's webhooks and streams go: one living replica of the product. */
export interface Gateway {
  readonly name: string;
  readonly machine: Machine;
  /** Handles an event; rejects where it could not. */
  handle(event: CarrierEvent): Promise<'stream' | 'hangup' | 'none'>;
  /** The media stream: the first audio of the opening is ready. */
  opening(call: SimCall, mouth: Mouth): void;
}

/** What a session does to its stream. */
export interface Mouth {
  /** The first frame leaves. */
  speak(): void;
  /** The stream is closed. */
  hangUp(): void;
}

/** Who sees everything that happens at the carrier. */
export interface Referee {
  begun(request: DialRequest): void;
  written(request: DialRequest): void;
  arrived(request: DialRequest): void;
  placed(call: SimCall): void;
  streamed(call: SimCall, gateway: Gateway): void;
  opened(call: SimCall, gateway: Gateway): void;
  ended(call: SimCall): void;
  note(what: string): void;
}

export interface ExchangeOptions {
  readonly universe: Universe;
  readonly random: Random;
  readonly referee: Referee;
  /** A replica that the carrier's balancer picks; undefined where none answers. */
  readonly gateway: () => Gateway | undefined;
  /** Whether a fax or an answering machine picks up, and so on: the share of each kind of callee. */
  readonly people: { answers: number; busy: number; declines: number; machine: number; fails: number };
  readonly callsPerSecond: number | null;
}

/** How long the carrier waits for the answer to a webhook. */
const WEBHOOK_TIMEOUT_MS = 8_000;
const NAME = 'phone';

/**
 * A telephone carrier with its network and its callees, and the referee of it all: it outlives every process, loses
 * answers, delays and doubles webhooks, and knows how often a telephone really rang.
 */
export class Exchange {
  readonly name = NAME;
  readonly mood: Mood = { ...calmMood };
  readonly calls: SimCall[] = [];
  /** Requests that were written and have not arrived. */
  requestsUnderWay = 0;
  readonly capabilities: CarrierCapabilities;
  readonly #options: ExchangeOptions;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.capabilities = {
      ringsTelephone: true,
      idempotency: 'none',
      machineDetection: true,
      clear: true,
      marksReturnedOnClear: true,
      sendsSilence: true,
      reopensStreams: false,
      leadMs: 100,
      callsPerSecond: options.callsPerSecond,
    };
  }

  /** The adapter as one process has it. */
  adapterOf(machine: Machine): Carrier {
    return {
      name: NAME,
      capabilities: this.capabilities,
      sockets: [],
      reaches: (number) => number.startsWith('+'),
      dial: (request, { signal }) => this.#dial(machine, request, signal),
      find: (attempt) =>
        this.#ask(machine, () => {
          const seen = this.#now - this.mood.listLagMs;
          const call = this.calls.find((one) => one.attemptId === attempt.attemptId && one.placedAtMs <= seen);
          return call === undefined ? undefined : foundOf(call);
        }),
      get: (carrierCallId) =>
        this.#ask(machine, () => {
          const call = this.calls.find((one) => one.carrierCallId === carrierCallId);
          return call === undefined ? undefined : foundOf(call);
        }),
      hangup: (carrierCallId) =>
        this.#ask(machine, () => {
          if (this.#options.random.chance(this.mood.hangupFails)) throw new RingbackError('vendor_deadline', [NAME, 0]);
          const call = this.calls.find((one) => one.carrierCallId === carrierCallId);
          if (call !== undefined) this.#end(call, call.state === 'answered' ? 'hung_up' : 'cancelled');
        }),
      perform: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  get #now(): number {
    return this.#options.universe.nowMs;
  }

  #dial(machine: Machine, request: DialRequest, signal: AbortSignal): Promise<DialResult> {
    const { random, universe, referee } = this.#options;
    const { mood } = this;
    referee.begun(request);
    return new Promise((resolve) => {
      let written = false;
      const aborted = (): void =>
        resolve(
          written ? { kind: 'unknown', detail: 'no answer in time' } : { kind: 'not_placed', detail: 'not sent' },
        );
      signal.addEventListener('abort', aborted, { once: true });
      const settle = (result: DialResult): void => {
        signal.removeEventListener('abort', aborted);
        resolve(result);
      };
      machine.deliver(random.delay(mood.latencyMs), () => {
        if (signal.aborted) return;
        if (random.chance(mood.connectFails))
          return settle({ kind: 'not_placed', detail: 'the carrier could not be reached' });
        try {
          request.beforeSend();
        } catch (error) {
          return settle({ kind: 'not_placed', detail: error instanceof Error ? error.message : 'it was stopped' });
        }
        written = true;
        referee.written(request);
        const answer = (result: DialResult, delayMs = random.delay(mood.latencyMs)): void =>
          machine.deliver(delayMs, () => settle(result));
        const reset = (): void => {
          if (random.chance(0.6)) answer({ kind: 'unknown', detail: 'the connection was reset' });
        };
        if (random.chance(mood.requestLost)) return reset();
        // Now and then longer than anybody waits for it to turn up.
        const slowMs = random.chance(mood.requestSlow) ? random.between(500, random.pick([20_000, 240_000])) : 0;
        this.requestsUnderWay += 1;
        universe.after(random.delay(mood.latencyMs) + slowMs, () => {
          this.requestsUnderWay -= 1;
          this.#serve(request, answer, reset);
        });
      });
    });
  }

  #serve(request: DialRequest, answer: (result: DialResult, delayMs?: number) => void, reset: () => void): void {
    const { random, referee } = this.#options;
    const { mood } = this;
    referee.arrived(request);
    if (random.chance(mood.tooMany))
      return answer({ kind: 'not_placed', detail: 'the carrier asked us to slow down', retryAfterMs: 3_000 });
    if (random.chance(mood.refused))
      return answer({ kind: 'refused', outcome: 'invalid_number', detail: 'no such number' });
    if (random.chance(mood.accountFault)) return answer({ kind: 'account_fault', detail: 'the account was refused' });
    if (random.chance(mood.failsUnplaced)) return answer({ kind: 'unknown', detail: 'the carrier answered 500' });
    const call = this.#place(request);
    if (random.chance(mood.failsPlaced)) return answer({ kind: 'unknown', detail: 'the carrier answered 500' });
    if (random.chance(mood.answerLost)) return reset();
    if (random.chance(mood.answerSilent)) return;
    const lateMs = random.chance(mood.answerLate) ? random.between(5_000, 30_000) : undefined;
    answer({ kind: 'placed', carrierCallId: call.carrierCallId }, lateMs);
  }

  #place(request: DialRequest): SimCall {
    const { random, universe, referee } = this.#options;
    const call: SimCall = {
      carrierCallId: `CA${this.calls.length + 1}`,
      attemptId: request.attemptId,
      callbackId: request.callbackId,
      to: request.to,
      placedAtMs: this.#now,
      ringTimeoutMs: request.ringTimeoutSeconds * 1_000,
      detection: request.machineDetection !== 'off',
      state: 'queued',
      rang: false,
      who: null,
      verdict: null,
      streamed: false,
      openedAtMs: null,
    };
    this.calls.push(call);
    referee.placed(call);
    this.#tell({ type: 'progress', ...idsOf(call), state: 'placed' });
    universe.after(random.delay(this.mood.queueMs), () => this.#ring(call));
    return call;
  }

  #ring(call: SimCall): void {
    const { random, universe, people } = this.#options;
    if (call.state !== 'queued') return;
    const isOnTheLine = this.calls.some((one) => one !== call && one.to === call.to && one.state === 'answered');
    const roll = random.next();
    if (isOnTheLine || roll < people.busy) return this.#end(call, 'busy');
    if (roll < people.busy + people.fails) return this.#end(call, 'failed');
    call.state = 'ringing';
    call.rang = true;
    this.#tell({ type: 'progress', ...idsOf(call), state: 'ringing' });
    const reaction = random.next();
    if (reaction < people.declines)
      return void universe.after(random.between(1_000, 8_000), () => this.#endIf(call, 'ringing', 'rejected'));
    const picksUp = reaction < people.declines + people.answers + people.machine;
    if (!picksUp) return void universe.after(call.ringTimeoutMs, () => this.#endIf(call, 'ringing', 'no_answer'));
    const who = reaction < people.declines + people.answers ? 'person' : 'machine';
    const afterMs = random.between(500, Math.max(1_000, call.ringTimeoutMs - 500));
    universe.after(afterMs, () => this.#answer(call, who));
  }

  #answer(call: SimCall, who: 'person' | 'machine'): void {
    const { random, universe, referee } = this.#options;
    if (call.state !== 'ringing') return;
    call.state = 'answered';
    call.who = who;
    referee.note(`${call.carrierCallId} was answered by a ${who}`);
    this.#tell({ type: 'progress', ...idsOf(call), state: 'answered' });
    this.#question({ type: 'answered', ...idsOf(call) }, 2, (instruction, gateway) => {
      if (call.state !== 'answered') return;
      if (instruction !== 'stream' || gateway === undefined) return this.#end(call, 'hung_up');
      call.streamed = true;
      referee.streamed(call, gateway);
      this.#talk(call, gateway);
    });
    if (call.detection) {
      universe.after(random.between(500, 5_000), () => {
        call.verdict = who === 'machine' ? 'machine' : random.chance(0.2) ? 'unknown' : 'human';
        this.#tell({ type: 'verdict', ...idsOf(call), verdict: call.verdict }, (instruction) => {
          if (instruction === 'hangup') this.#endIf(call, 'answered', 'hung_up');
        });
      });
    }
    // Nobody talks for ever; and somebody who hears nothing hangs up.
    const talkMs = random.chance(0.15) ? random.between(200, 1_500) : random.between(3_000, 40_000);
    universe.after(talkMs, () => this.#endIf(call, 'answered', 'hung_up'));
  }

  #talk(call: SimCall, gateway: Gateway): void {
    const { random, universe, referee } = this.#options;
    universe.after(random.between(300, 2_000), () => {
      if (call.state !== 'answered' || !gateway.machine.runs) return;
      gateway.opening(call, {
        // What has left is heard, whatever becomes of who said it.
        speak: () =>
          void universe.after(random.delay(this.mood.latencyMs), () => {
            if (call.state !== 'answered') return;
            call.openedAtMs = this.#now;
            referee.opened(call, gateway);
          }),
        hangUp: () =>
          void universe.after(random.delay(this.mood.latencyMs), () => this.#endIf(call, 'answered', 'hung_up')),
      });
    });
    // A stream whose process died is closed, and with it the call.
    const watch = (): void => {
      if (call.state !== 'answered') return;
      if (!gateway.machine.alive) return this.#end(call, 'hung_up');
      universe.after(2_000, watch);
    };
    universe.after(2_000, watch);
  }

  #endIf(call: SimCall, state: SimCall['state'], end: CarrierEnd): void {
    if (call.state === state) this.#end(call, end);
  }

  #end(call: SimCall, end: CarrierEnd): void {
    if (typeof call.state === 'object') return;
    call.state = { ended: end };
    this.#options.referee.ended(call);
    this.#tell({ type: 'progress', ...idsOf(call), state: { ended: end } });
  }

  /** Tells the product by a webhook, with everything that can happen to one. */
  #tell(event: CarrierEvent, onReply: (instruction: string) => void = () => undefined): void {
    const { random, universe } = this.#options;
    const { mood } = this;
    if (random.chance(mood.webhookLost)) return;
    const copies = random.chance(mood.webhookDouble) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const delayMs = random.chance(mood.webhookLate) ? random.between(1_000, 120_000) : random.delay(mood.latencyMs);
      universe.after(delayMs, () => this.#question(event, 1, onReply));
    }
  }

  /** Asks a replica, and another one where that fails; `then` hears `none` at the end of the tries. */
  #question(
    event: CarrierEvent,
    tries: number,
    then: (instruction: 'stream' | 'hangup' | 'none', gateway: Gateway | undefined) => void,
  ): void {
    const { random, universe, gateway: pick } = this.#options;
    const gateway = pick();
    let over = false;
    const next = (): void => {
      if (over) return;
      over = true;
      timeout.off = true;
      if (tries > 1) this.#question(event, tries - 1, then);
      else then('none', undefined);
    };
    const timeout = universe.after(WEBHOOK_TIMEOUT_MS, next);
    if (gateway === undefined) return void universe.after(50, next);
    gateway.machine.deliver(random.delay(this.mood.latencyMs), () => {
      gateway.handle(event).then(
        (instruction) =>
          void universe.after(random.delay(this.mood.latencyMs), () => {
            if (over) return;
            over = true;
            timeout.off = true;
            then(instruction, gateway);
          }),
        () => void universe.after(random.delay(this.mood.latencyMs), next),
      );
    });
  }

  /** A look-up or a hang-up: with a way there, a way back, and a carrier that may be silent. */
  #ask<T>(machine: Machine, look: () => T): Promise<T> {
    const { random, universe } = this.#options;
    const { mood } = this;
    return new Promise((resolve, reject) => {
      universe.after(random.delay(mood.latencyMs), () => {
        if (random.chance(mood.lookUpFails)) {
          if (random.chance(0.5))
            machine.deliver(random.delay(mood.latencyMs), () =>
              reject(new RingbackError('vendor_deadline', [NAME, 0])),
            );
          return;
        }
        let give: () => void;
        try {
          const value = look();
          give = () => resolve(value);
        } catch (error) {
          give = () => reject(error);
        }
        machine.deliver(random.delay(mood.latencyMs), give);
      });
    });
  }
}

function idsOf(call: SimCall): { attemptId: string; carrierCallId: string } {
  return { attemptId: call.attemptId, carrierCallId: call.carrierCallId };
}

function foundOf(call: SimCall): FoundCall {
  const { carrierCallId, state, verdict } = call;
  return verdict === null ? { carrierCallId, state } : { carrierCallId, state, machineVerdict: verdict };
}
