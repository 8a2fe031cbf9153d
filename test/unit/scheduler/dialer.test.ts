import { expect, test } from 'vitest';
import type { ClaimResult } from '../../../src/callbacks/claim.ts';
import type { EvidenceExtras, Settled } from '../../../src/callbacks/settle.ts';
import type { AttemptEvidence } from '../../../src/domain/attempt-states.ts';
import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import { RingbackError } from '../../../src/errors.ts';
import { DatabaseTime } from '../../../src/scheduler/database-time.ts';
import { Dialer, type DialerOptions } from '../../../src/scheduler/dialer.ts';
import { defaultSchedulerTimes } from '../../../src/scheduler/times.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';
import { agent, attemptOf, callbackOf, START, TestCarrier } from './facts.ts';

/** Claims each callback of a batch by itself. */
function claiming(one: (callbackId: string) => Promise<ClaimResult>): DialerOptions['claim'] {
  return async (ids) => new Map(await Promise.all(ids.map(async (id) => [id, await one(id)] as const)));
}

/** A dialer whose callback is due 20 ms from now. */
function open(over: Partial<DialerOptions> = {}) {
  const clock = new SimClock(START.toString());
  const time = new DatabaseTime(clock);
  time.sample(0, 0, START.epochMilliseconds);
  const carrier = new TestCarrier();
  const settled: { attemptId: string; evidence: AttemptEvidence; extras: EvidenceExtras }[] = [];
  const placed: string[] = [];
  const state = { epoch: 1 as number | null, attempt: attemptOf(), stored: undefined as Settled | undefined };
  const due = START.add({ milliseconds: 20 });
  const dialer = new Dialer({
    claim: claiming(async () => ({ do: 'dial', attempt: state.attempt, callback: callbackOf(), agent, due })),
    settle: async (attemptId, evidence, extras) => {
      settled.push({ attemptId, evidence, extras });
      return state.stored;
    },
    findAttempt: async () => state.attempt,
    attemptsInFlight: async () => [state.attempt],
    linesFree: () => Infinity,
    carrierOf: () => carrier,
    replicaId: 'replica-1',
    lease: {
      get epoch() {
        return state.epoch;
      },
      holds: (epoch) => state.epoch === epoch,
    },
    time,
    onPlaced: ({ attempt }) => void placed.push(attempt.id),
    clock,
    log: quietLog(),
    times: defaultSchedulerTimes,
    ...over,
  });
  return { clock, time, carrier, settled, placed, state, dialer };
}

test('a callback that is due is asked for once, at its time and not before, and what the carrier said is stored', async () => {
  const { clock, carrier, settled, dialer } = open();
  dialer.offer('callback-1');
  await clock.advance(19);
  expect(carrier.dialled).toEqual([]);
  await clock.advance(1);
  await clock.advance(60_000);
  expect(carrier.dialled).toHaveLength(1);
  expect(settled).toEqual([
    { attemptId: 'attempt-1', evidence: { kind: 'placed' }, extras: { carrierCallId: 'CA-1' } },
  ]);
  expect(dialer.inFlight).toBe(0);
  expect(clock.pending).toBe(0);
});

test('when the clock of the database is set back, what was claimed is given back and not held until the hour has passed', async () => {
  const { clock, time, carrier, settled, dialer } = open();
  dialer.offer('callback-1');
  await clock.advance(10);
  time.sample(10, 10, START.epochMilliseconds - 3_600_000);
  await clock.advance(2_000);
  expect(carrier.dialled).toEqual([]);
  expect(settled.map(({ evidence }) => evidence)).toEqual([
    { kind: 'not_placed', detail: "the database's clock was set back" },
  ]);
  expect(dialer.inFlight).toBe(0);
});

test('a hint, the horizon and a scan that name the same callback dial it once', async () => {
  const { clock, carrier, dialer } = open();
  dialer.offer('callback-1');
  dialer.offer('callback-1');
  await clock.advance(10);
  dialer.offer('callback-1');
  await clock.advance(1_000);
  expect(carrier.dialled).toHaveLength(1);
});

test('the request carries what the agent decides', async () => {
  const { clock, carrier, dialer } = open();
  dialer.offer('callback-1');
  await clock.advance(30);
  expect(carrier.dialled[0]).toMatchObject({
    attemptId: 'attempt-1',
    callbackId: 'callback-1',
    attemptNumber: 1,
    callId: 'call-1',
    ringTimeoutSeconds: 30,
    machineDetection: 'off',
    display: { agentName: 'Riley', topic: 'the parcel' },
  });
});

test('a replica that lost its lease while its connection was opened sends nothing', async () => {
  const { clock, carrier, settled, placed, state, dialer } = open();
  let sent = false;
  carrier.onDial = async (request) => {
    await clock.sleep(500, new AbortController().signal);
    state.epoch = null;
    try {
      request.beforeSend();
      sent = true;
      return { kind: 'placed', carrierCallId: 'CA-1' };
    } catch (error) {
      return { kind: 'not_placed', detail: error instanceof RingbackError ? error.code : 'another error' };
    }
  };
  dialer.offer('callback-1');
  await clock.advance(1_000);
  expect(sent).toBe(false);
  expect(placed).toEqual([]);
  expect(settled.map(({ evidence }) => evidence)).toEqual([{ kind: 'not_placed', detail: 'dial_aborted' }]);
});

test('a new epoch does not make an old dial good', async () => {
  const { clock, carrier, settled, state, dialer } = open();
  dialer.offer('callback-1');
  await clock.advance(10);
  state.epoch = 2;
  await clock.advance(1_000);
  expect(carrier.dialled).toEqual([]);
  expect(settled[0]?.evidence.kind).toBe('not_placed');
});

test('a connection that takes longer than two seconds is not used any more', async () => {
  const { clock, carrier, settled, dialer } = open();
  carrier.onDial = async (request) => {
    await clock.sleep(2_100, new AbortController().signal);
    request.beforeSend();
    return { kind: 'placed', carrierCallId: 'CA-1' };
  };
  dialer.offer('callback-1');
  await clock.advance(5_000);
  // The carrier let our own refusal out: still it is certain that nothing was sent.
  expect(settled.map(({ evidence }) => evidence.kind)).toEqual(['not_placed']);
});

test('an exception out of a carrier proves nothing: the attempt is unknown', async () => {
  const { clock, carrier, settled, dialer } = open();
  carrier.onDial = (request) => {
    request.beforeSend();
    return Promise.reject(new TypeError('a bug'));
  };
  dialer.offer('callback-1');
  await clock.advance(1_000);
  expect(settled.map(({ evidence }) => evidence.kind)).toEqual(['unknown']);
});

test('a forged refusal after the request was let through is unknown, too', async () => {
  const { clock, carrier, settled, dialer } = open();
  carrier.onDial = (request) => {
    request.beforeSend();
    return Promise.reject(new RingbackError('dial_aborted', ['made up']));
  };
  dialer.offer('callback-1');
  await clock.advance(1_000);
  expect(settled.map(({ evidence }) => evidence.kind)).toEqual(['unknown']);
});

test('a carrier that does not answer is given its deadline, then the attempt is unknown; its late word still counts', async () => {
  const { clock, carrier, settled, dialer } = open();
  let abortedAtMs = 0;
  carrier.onDial = async (request, signal) => {
    request.beforeSend();
    signal.addEventListener('abort', () => (abortedAtMs = clock.nowMs()));
    await clock.sleep(20_000, new AbortController().signal);
    return { kind: 'placed', carrierCallId: 'CA-late' };
  };
  dialer.offer('callback-1');
  await clock.advance(10_000);
  expect(abortedAtMs).toBeCloseTo(8_020, 0);
  expect(settled.map(({ evidence }) => evidence.kind)).toEqual(['unknown']);
  await clock.advance(30_000);
  expect(settled.map(({ evidence }) => evidence.kind)).toEqual(['unknown', 'placed']);
});

test.each([
  [{ kind: 'not_placed', detail: 'slow down', retryAfterMs: 9_000 } as const, 'not_placed', { retryAfterMs: 9_000 }],
  [{ kind: 'refused', outcome: 'invalid_number', detail: 'no such number' } as const, 'refused', {}],
  [{ kind: 'account_fault', detail: 'no credit' } as const, 'refused', {}],
  [{ kind: 'unknown', detail: 'a reset' } as const, 'unknown', {}],
])('what the carrier says becomes evidence: %o', async (result, kind, extras) => {
  const { clock, carrier, settled, dialer } = open();
  carrier.onDial = () => Promise.resolve(result);
  dialer.offer('callback-1');
  await clock.advance(1_000);
  expect(settled).toHaveLength(1);
  expect(settled[0]?.evidence.kind).toBe(kind);
  expect(settled[0]?.extras).toEqual(extras);
});

test('while the database is away the result is stored again and again, and the carrier is not asked again', async () => {
  let failures = 4;
  const stored: AttemptEvidence[] = [];
  const { clock, carrier, dialer } = open({
    settle: async (_id, evidence) => {
      if (failures-- > 0) throw new RingbackError('database_unavailable');
      stored.push(evidence);
      return undefined;
    },
  });
  dialer.offer('callback-1');
  await clock.advance(60_000);
  expect(stored).toEqual([{ kind: 'placed' }]);
  expect(carrier.dialled).toHaveLength(1);
});

test('storing is given up in the end: then it is the reconciler who finds it out', async () => {
  let tries = 0;
  const { clock, dialer } = open({
    settle: () => {
      tries += 1;
      return Promise.reject(new RingbackError('database_unavailable'));
    },
  });
  dialer.offer('callback-1');
  await clock.advance(120_000);
  expect(tries).toBe(defaultSchedulerTimes.recordDelaysMs.length);
  expect(dialer.inFlight).toBe(0);
  expect(clock.pending).toBe(0);
});

test('the opening is prepared as soon as the request is on its way, while the carrier still thinks', async () => {
  const { clock, carrier, placed, settled, dialer } = open();
  carrier.onDial = async (request) => {
    request.beforeSend();
    await clock.sleep(3_000, new AbortController().signal);
    return { kind: 'placed', carrierCallId: 'CA-1' };
  };
  dialer.offer('callback-1');
  await clock.advance(100);
  expect(placed).toEqual(['attempt-1']);
  expect(settled).toEqual([]);
  await clock.advance(5_000);
  expect(placed).toEqual(['attempt-1']);
});

test('a call that was placed for an attempt given up meanwhile is hung up', async () => {
  const { clock, carrier, state, dialer } = open();
  const end: Partial<CallbackAttempt> = { status: 'ended', outcome: 'lost', endedAt: START };
  dialer.offer('callback-1');
  await clock.advance(10);
  state.attempt = attemptOf(end);
  await clock.advance(1_000);
  expect(carrier.hungUp).toEqual(['CA-1']);
});

test('a second call for one attempt is hung up, the first one stays', async () => {
  const { clock, carrier, state, dialer } = open();
  dialer.offer('callback-1');
  await clock.advance(10);
  state.attempt = attemptOf({ status: 'ringing', carrierCallId: 'CA-other' });
  await clock.advance(1_000);
  expect(carrier.hungUp).toEqual(['CA-1']);
});

test('a call that somebody wished to end while it was unknown is hung up once it is known', async () => {
  const { clock, carrier, state, dialer } = open();
  state.stored = {
    attempt: attemptOf({ status: 'placed', carrierCallId: 'CA-1' }),
    callback: callbackOf({ hangupRequested: true }),
  };
  dialer.offer('callback-1');
  await clock.advance(1_000);
  expect(carrier.hungUp).toEqual(['CA-1']);
});

test('a claim whose commit nobody saw is taken back: nothing was sent', async () => {
  const { clock, carrier, settled, dialer } = open({
    claim: () => Promise.reject(new RingbackError('query_deadline', [3_000])),
  });
  dialer.offer('callback-1');
  await clock.advance(100);
  expect(carrier.dialled).toEqual([]);
  expect(settled.map(({ attemptId, evidence }) => [attemptId, evidence.kind])).toEqual([['attempt-1', 'not_placed']]);
});

test('a row that fails each time is tried less and less often, and does not stop', async () => {
  let claims = 0;
  const { clock, dialer } = open({
    claim: () => {
      claims += 1;
      return Promise.reject(new Error('absurd data'));
    },
    attemptsInFlight: async () => [],
  });
  for (let second = 0; second < 120; second += 1) {
    dialer.offer('callback-1');
    await clock.advance(1_000);
  }
  expect(claims).toBeGreaterThanOrEqual(6);
  expect(claims).toBeLessThanOrEqual(9);
});

test('once closed nothing is claimed, and a dial that is under way goes to its end', async () => {
  const { clock, carrier, settled, dialer } = open();
  dialer.offer('callback-1');
  await clock.advance(10);
  dialer.close();
  dialer.offer('callback-2');
  await clock.advance(1_000);
  await dialer.settled();
  expect(carrier.dialled).toHaveLength(1);
  expect(settled).toHaveLength(1);
});

test('without a lease nothing is claimed', async () => {
  let claims = 0;
  const { clock, state, dialer } = open({
    claim: claiming(async () => {
      claims += 1;
      return { do: 'rest', why: 'not_ours' };
    }),
  });
  state.epoch = null;
  dialer.offer('callback-1');
  await clock.advance(1_000);
  expect(claims).toBe(0);
});

test('what comes while others are being claimed is claimed together, and so many at most as are dialled at once', async () => {
  const batches: number[] = [];
  const { clock, carrier, dialer } = open({
    claim: async (ids) => {
      batches.push(ids.length);
      await clock.sleep(5, new AbortController().signal);
      return new Map(
        ids.map((id) => [
          id,
          { do: 'dial', attempt: attemptOf({ id }), callback: callbackOf({ id }), agent, due: START } as const,
        ]),
      );
    },
  });
  carrier.onDial = async (request) => {
    request.beforeSend();
    await clock.sleep(1_000, new AbortController().signal);
    return { kind: 'placed', carrierCallId: request.attemptId };
  };
  for (let n = 0; n < 2_500; n += 1) dialer.offer(`callback-${n}`);
  for (let step = 0; step < 20; step += 1) await clock.advance(5);
  expect(batches).toEqual(Array.from({ length: 8 }, () => 250));
  expect(carrier.dialled).toHaveLength(2_000);
  for (let step = 0; step < 200; step += 1) await clock.advance(100);
  expect(batches.reduce((sum, size) => sum + size)).toBe(2_500);
  expect(carrier.dialled.map((request) => request.attemptId)).toEqual(
    Array.from({ length: 2_500 }, (_, n) => `callback-${n}`),
  );
});

test('a crowd is claimed in several batches at once, the intents come first, and the requests right after them', async () => {
  const order: string[] = [];
  const { clock, carrier, dialer } = open({
    claim: async (ids) => {
      order.push(`claimed ${ids.length}`);
      await clock.sleep(5, new AbortController().signal);
      return new Map(
        ids.map((id) => [
          id,
          { do: 'dial', attempt: attemptOf({ id }), callback: callbackOf({ id }), agent, due: START } as const,
        ]),
      );
    },
  });
  carrier.onDial = async (request) => {
    request.beforeSend();
    if (order.at(-1) !== 'dialled') order.push('dialled');
    return { kind: 'placed', carrierCallId: request.attemptId };
  };
  for (let n = 0; n < 1_200; n += 1) dialer.offer(`callback-${n}`);
  for (let step = 0; step < 20; step += 1) await clock.advance(5);
  expect(order).toEqual(['claimed 250', 'claimed 250', 'claimed 250', 'claimed 250', 'claimed 200', 'dialled']);
  expect(carrier.dialled).toHaveLength(1_200);
});

test('a process that cannot send as fast as it claims claims no more until it has sent', async () => {
  const batches: number[] = [];
  const { clock, carrier, dialer } = open({
    claim: async (ids) => {
      batches.push(ids.length);
      await clock.sleep(300, new AbortController().signal);
      return new Map(
        ids.map((id) => [
          id,
          { do: 'dial', attempt: attemptOf({ id }), callback: callbackOf({ id }), agent, due: START } as const,
        ]),
      );
    },
  });
  const connected = Promise.withResolvers<void>();
  carrier.onDial = async (request) => {
    await connected.promise;
    request.beforeSend();
    return { kind: 'placed', carrierCallId: request.attemptId };
  };
  for (let n = 0; n < 2_000; n += 1) dialer.offer(`callback-${n}`);
  for (let step = 0; step < 300; step += 1) await clock.advance(5);
  expect(batches).toEqual(Array.from({ length: 6 }, () => 250));
  connected.resolve();
  for (let step = 0; step < 100; step += 1) await clock.advance(100);
  expect(batches).toEqual(Array.from({ length: 8 }, () => 250));
  expect(carrier.dialled).toHaveLength(2_000);
});

test('a connection that does not come up keeps nobody else waiting', async () => {
  const { clock, carrier, dialer } = open({
    claim: claiming(async (id) => ({
      do: 'dial',
      attempt: attemptOf({ id }),
      callback: callbackOf({ id }),
      agent,
      due: START,
    })),
  });
  const connected = Promise.withResolvers<void>();
  carrier.onDial = async (request) => {
    if (request.attemptId === 'slow') await connected.promise;
    request.beforeSend();
    return { kind: 'placed', carrierCallId: request.attemptId };
  };
  dialer.offer('slow');
  await clock.advance(1_000);
  dialer.offer('other');
  await clock.advance(1);
  expect(carrier.dialled.map((request) => request.attemptId)).toEqual(['slow', 'other']);
  connected.resolve();
  await clock.advance(1);
  expect(dialer.inFlight).toBe(0);
});

test('one bad row does not stop those that are claimed with it', async () => {
  const { clock, carrier, dialer } = open({
    claim: async (ids) => {
      if (ids.includes('callback-7')) throw new Error('absurd data');
      return new Map(
        ids.map((id) => [
          id,
          { do: 'dial', attempt: attemptOf({ id }), callback: callbackOf({ id }), agent, due: START } as const,
        ]),
      );
    },
    attemptsInFlight: async () => [],
  });
  for (let n = 0; n < 20; n += 1) dialer.offer(`callback-${n}`);
  for (let step = 0; step < 20; step += 1) await clock.advance(5);
  expect(carrier.dialled).toHaveLength(19);
});

test('few that come while others are being claimed wait for the next commit, a crowd does not', async () => {
  const { clock, dialer, batches, dials } = openSlowClaims();
  for (let n = 0; n < 10; n += 1) dialer.offer(`first-${n}`);
  await clock.advance(1);
  for (let n = 0; n < 10; n += 1) dialer.offer(`second-${n}`);
  await clock.advance(1);
  expect(batches).toEqual([10]);
  for (let n = 0; n < 60; n += 1) dialer.offer(`third-${n}`);
  await clock.advance(1);
  expect(batches).toEqual([10, 70]);
  // What is claimed beside it may become a dial: its line is not for this one.
  expect(dials).toEqual([0, 10]);
  for (let step = 0; step < 20; step += 1) await clock.advance(5);
});

test('where the lines would not do for all, one batch waits for what the other got', async () => {
  const { clock, dialer, batches, dials } = openSlowClaims({ linesFree: () => 300 });
  for (let n = 0; n < 600; n += 1) dialer.offer(`callback-${n}`);
  for (let step = 0; step < 4; step += 1) await clock.advance(1);
  expect(batches).toEqual([250]);
  for (let step = 0; step < 4; step += 1) await clock.advance(1);
  expect(batches).toEqual([250, 250]);
  expect(dials).toEqual([0, 250]);
  for (let step = 0; step < 20; step += 1) await clock.advance(5);
});

/** A dialer whose claims take five milliseconds. */
function openSlowClaims(over: Partial<DialerOptions> = {}) {
  const batches: number[] = [];
  const dials: number[] = [];
  const parts = open({
    claim: async (ids, _epoch, beside) => {
      batches.push(ids.length);
      dials.push(beside.dials);
      await parts.clock.sleep(5, new AbortController().signal);
      return new Map(
        ids.map((id) => [
          id,
          { do: 'dial', attempt: attemptOf({ id }), callback: callbackOf({ id }), agent, due: START } as const,
        ]),
      );
    },
    ...over,
  });
  parts.carrier.onDial = async (request) => {
    request.beforeSend();
    await parts.clock.sleep(1_000, new AbortController().signal);
    return { kind: 'placed', carrierCallId: request.attemptId };
  };
  return { ...parts, batches, dials };
}
