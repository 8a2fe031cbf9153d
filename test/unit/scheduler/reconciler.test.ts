import { expect, test } from 'vitest';
import type { FoundCall } from '../../../src/carriers/carrier.ts';
import { advance } from '../../../src/domain/attempt-states.ts';
import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { DatabaseTime } from '../../../src/scheduler/database-time.ts';
import { Reconciler } from '../../../src/scheduler/reconciler.ts';
import { defaultSchedulerTimes } from '../../../src/scheduler/times.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';
import { attemptOf, callbackOf, START, TestCarrier } from './facts.ts';

/** A reconciler over one attempt, kept as the state machine keeps it. */
function open(
  first: Partial<CallbackAttempt>,
  options: { callback?: Partial<Callback>; configured?: boolean; held?: boolean; othersCall?: string } = {},
) {
  const clock = new SimClock(START.toString());
  const time = new DatabaseTime(clock);
  time.sample(0, 0, START.epochMilliseconds);
  const carrier = new TestCarrier();
  const did: string[] = [];
  const state = { attempt: attemptOf(first) };
  const callback = callbackOf(options.callback);
  const reconciler = new Reconciler({
    claimCheck: async () => ({ attempt: state.attempt, callback, ringTimeoutMs: 30_000 }),
    settle: async (_id, evidence, extras) => {
      const change = advance(state.attempt, evidence, START.add({ milliseconds: clock.nowMs() }));
      const named = state.attempt.carrierCallId === null ? extras : {};
      if (options.othersCall !== undefined && named.carrierCallId === options.othersCall) throw isAnothers();
      if (change === undefined && Object.keys(named).length === 0) return undefined;
      did.push(evidence.kind);
      state.attempt = { ...state.attempt, ...change, ...named };
      return { attempt: state.attempt, callback };
    },
    noteNotFound: async () => {
      did.push('not found');
      return undefined;
    },
    postpone: async (_id, delayMs) => void did.push(`postponed ${delayMs}`),
    holdsCall: async () => options.held ?? false,
    carrierOf: () => (options.configured === false ? undefined : carrier),
    pollMs: { ringing: 30_000, answered: 60_000 },
    time,
    clock,
    log: quietLog(),
    random: () => 0.5,
    times: defaultSchedulerTimes,
  });
  const check = async (): Promise<void> => {
    reconciler.offer('attempt-1');
    await clock.advance(0);
  };
  return { clock, carrier, did, state, reconciler, check };
}

const found = (state: FoundCall['state'], over: Partial<FoundCall> = {}): (() => Promise<FoundCall>) => {
  return () => Promise.resolve({ carrierCallId: 'CA-1', state, ...over });
};

test('an uncertain request whose call the carrier knows becomes that call', async () => {
  const { carrier, did, state, check } = open({ status: 'unknown' });
  carrier.onLook = found('ringing');
  await check();
  expect(carrier.looks).toEqual(['find attempt-1']);
  expect(did).toEqual(['ringing']);
  expect(state.attempt).toMatchObject({ status: 'ringing', carrierCallId: 'CA-1' });
});

test('a call that is known as another attempt’s is not taken for the lost one, however close they were', async () => {
  const { carrier, did, state, check } = open({ status: 'unknown' }, { othersCall: 'CA-1' });
  carrier.onLook = found({ ended: 'no_answer' });
  await check();
  expect(did).toEqual(['not found']);
  expect(state.attempt).toMatchObject({ status: 'unknown', carrierCallId: null });
});

test('an uncertain request of which the carrier knows nothing is noted so, and nothing is dialled', async () => {
  const { carrier, did, check } = open({ status: 'unknown' });
  await check();
  expect(did).toEqual(['not found']);
  expect(carrier.dialled).toEqual([]);
});

test('a carrier that does not answer proves nothing: it is asked again later, less and less often', async () => {
  const { clock, carrier, did, check } = open({ status: 'unknown' });
  carrier.onLook = () => Promise.reject(new Error('a 503'));
  await check();
  await clock.advance(60_000);
  await check();
  await clock.advance(3_600_000);
  await check();
  expect(did).toEqual(['postponed 5000', 'postponed 15000', 'postponed 60000']);
});

test('a carrier that hangs is left after its deadline', async () => {
  const { clock, carrier, did, check } = open({ status: 'unknown' });
  carrier.onLook = () => new Promise(() => undefined);
  await check();
  await clock.advance(5_000);
  expect(did).toEqual(['postponed 5000']);
  expect(clock.pending).toBe(0);
});

test('even with a carrier that never answers again, nothing stays Dialing for ever', async () => {
  for (const [status, evidence] of [
    ['unknown', 'lost'],
    ['ringing', 'ended'],
  ] as const) {
    const { clock, did, check } = open({ status, carrierCallId: 'CA-1' }, { configured: false });
    await clock.advance(86_400_000);
    await check();
    expect(did).toEqual([evidence]);
  }
});

test('a call whose last webhook was lost is settled by what the carrier says', async () => {
  const { carrier, state, check } = open({ status: 'ringing', carrierCallId: 'CA-1' });
  carrier.onLook = found({ ended: 'busy' });
  await check();
  expect(carrier.looks).toEqual(['get CA-1']);
  expect(state.attempt).toMatchObject({ status: 'ended', outcome: 'busy' });
});

test('a call that is as it was is looked at again later', async () => {
  const ringing = open({ status: 'ringing', carrierCallId: 'CA-1' });
  ringing.carrier.onLook = found('ringing');
  await ringing.check();
  expect(ringing.did).toEqual(['postponed 30000']);
  const answered = open({ status: 'answered', carrierCallId: 'CA-1', answeredAt: START });
  answered.carrier.onLook = found('answered');
  await answered.check();
  expect(answered.did).toEqual(['postponed 60000']);
});

test('a verdict that came with the look decides the outcome of a call that has ended', async () => {
  const { carrier, state, check } = open({
    status: 'answered',
    carrierCallId: 'CA-1',
    answeredAt: START,
    openingAt: START,
    machineDetection: true,
  });
  carrier.onLook = found({ ended: 'hung_up' }, { machineVerdict: 'machine' });
  await check();
  expect(state.attempt).toMatchObject({ status: 'ended', outcome: 'machine' });
});

test('after the end one look is taken for the verdict; without one a person was reached', async () => {
  const { carrier, did, state, check } = open({
    status: 'answered',
    carrierCallId: 'CA-1',
    answeredAt: START,
    openingAt: START,
    endedAt: START,
    machineDetection: true,
  });
  carrier.onLook = found({ ended: 'hung_up' });
  await check();
  expect(did).toEqual(['verdict_overdue']);
  expect(state.attempt.outcome).toBe('completed');
});

test('a call that the carrier does not know may still ring elsewhere until its ring time is over', async () => {
  const { clock, did, state, check } = open({ status: 'ringing', carrierCallId: 'BR-1' });
  await check();
  expect(did).toEqual(['postponed 30000']);
  await clock.advance(60_000);
  await check();
  expect(state.attempt).toMatchObject({ status: 'ended', outcome: 'no_answer', answeredAt: null });
});

test('an answered call that a living replica holds goes on, whatever the carrier says here', async () => {
  const call = { status: 'answered', carrierCallId: 'BR-1', answeredAt: START, openingAt: START } as const;
  const held = open(call, { held: true });
  await held.clock.advance(600_000);
  await held.check();
  expect(held.did).toEqual(['postponed 60000']);
  const left = open(call);
  await left.clock.advance(600_000);
  await left.check();
  expect(left.state.attempt).toMatchObject({ status: 'ended', outcome: 'completed' });
});

test('a call that somebody wished to end while it was unknown is hung up when it is found', async () => {
  const { carrier, check } = open({ status: 'unknown' }, { callback: { hangupRequested: true } });
  carrier.onLook = found('ringing');
  await check();
  expect(carrier.hungUp).toEqual(['CA-1']);
});

test('a call that answers for an attempt given up is hung up', async () => {
  const { carrier, check } = open({ status: 'ended', outcome: 'lost', endedAt: START });
  carrier.onLook = found('answered');
  await check();
  expect(carrier.hungUp).toEqual(['CA-1']);
});

/** What Postgres says where two attempts would have one call. */
function isAnothers(): Error {
  return Object.assign(new Error('duplicate key'), {
    name: 'PostgresError',
    code: '23505',
    constraint_name: 'attempt_carrier_call',
  });
}
