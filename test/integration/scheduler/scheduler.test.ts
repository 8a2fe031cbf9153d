import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { CallbackStore } from '../../../db/callback-store.ts';
import type { ReplicaStore } from '../../../db/replica-store.ts';
import { replica } from '../../../db/schema.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { systemClock } from '../../../src/clock.ts';
import { openScheduler, type Scheduler } from '../../../src/scheduler/scheduler.ts';
import { FakeCarrierServer } from '../../fakes/http-carrier-server.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { openTcpProxy } from '../../support/tcp-proxy.ts';
import { slowness } from '../../support/slowness.ts';
import { until } from '../../support/until.ts';
import { shortCallbackTimes, shortTimes } from './parts.ts';
import { World } from './world.ts';

/** How late a dial may be on a machine that is not busy with much else; there it is late by milliseconds. */
const LATE_MS = 2_000;
/** Times under which only the wheel can be so early: the looks at the tables come much later. */
const wheelAlone = { ...shortTimes, lookEveryMs: 30_000, leaseMs: 60_000 };

test('a callback booked one second ahead fires on time although the wheel sleeps, also on a replica that did not book it', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await world.replica({ times: wheelAlone });
  // An hour ahead: what the wheel is sleeping toward.
  await world.book(3_600_000);
  const callback = await world.book(1_000);
  await until(
    'the call',
    carrier.whenever(() => carrier.calls.length > 0),
  );
  const lateMs = (carrier.calls[0]?.placedAtMs ?? 0) - callback.dueAt.epochMilliseconds;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(LATE_MS * slowness());
  expect(carrier.calls).toHaveLength(1);
});

test('a callback that came due while nothing was running is dialled when a replica starts', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const callback = await world.book(5);
  await world.see(
    callback.id,
    'its time',
    (one) => one.dueAt.epochMilliseconds < Temporal.Now.instant().epochMilliseconds,
  );
  await world.replica({ times: wheelAlone });
  await world.see(callback.id, 'the dial', (one) => one.status === 'dialing');
});

test('a callback whose hint was lost is found within moments of its time', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await world.replica({
    // Nothing is ever heard on this connection.
    database: { listen: () => ({ close() {}, [Symbol.dispose]() {} }), notify: async () => undefined },
  });
  const callback = await world.book(500);
  await until(
    'the call',
    carrier.whenever(() => carrier.calls.length > 0),
  );
  const lateMs = (carrier.calls[0]?.placedAtMs ?? 0) - callback.dueAt.epochMilliseconds;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(LATE_MS * slowness());
});

test('thirty callbacks at one moment on two replicas: each person is rung once, and never early', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await Promise.all([world.replica(), world.replica()]);
  const callbacks = await Promise.all(Array.from({ length: 30 }, () => world.book(1_500)));
  await until(
    'the calls',
    carrier.whenever(() => carrier.calls.length >= 30),
    20_000,
  );
  for (const callback of callbacks) await world.see(callback.id, 'the dial', (one) => one.status === 'dialing');
  expect(carrier.requests).toHaveLength(30);
  expect(new Set(carrier.calls.map((call) => call.to)).size).toBe(30);
  for (const callback of callbacks) {
    const call = carrier.calls.find((one) => one.to === callback.to);
    expect((call?.placedAtMs ?? 0) - callback.dueAt.epochMilliseconds).toBeGreaterThanOrEqual(0);
  }
});

test('nobody picks up: it is tried again as often as the agent allows, then it is final', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await world.replica();
  carrier.behaviour.placedState = { ended: 'no_answer' };
  const callback = await world.book(100);
  const final = await world.final(callback.id);
  expect(final).toMatchObject({ status: 'no_answer', attemptsMade: 3, nextAttemptAt: null });
  const attempts = await world.attempts(callback.id);
  expect(attempts.map((one) => [one.number, one.outcome, one.counted])).toEqual([
    [1, 'no_answer', true],
    [2, 'no_answer', true],
    [3, 'no_answer', true],
  ]);
  for (const one of attempts) expect(carrier.ringsOf(one.id)).toBe(1);
});

test('a carrier that cannot be reached costs no attempt, and is asked less and less often', async () => {
  await using world = await World.open('http://127.0.0.1:1');
  await world.replica();
  const callback = await world.book(100);
  const backingOff = await world.see(callback.id, 'a release', (one) => one.releases >= 1);
  expect(backingOff).toMatchObject({ status: 'scheduled', attemptsMade: 0 });
  expect(backingOff.warning).not.toBeNull();
  const [attempt] = await world.attempts(callback.id);
  expect(attempt).toMatchObject({ outcome: 'not_placed', counted: false });
  const pauseMs = (backingOff.nextAttemptAt?.epochMilliseconds ?? 0) - (attempt?.endedAt?.epochMilliseconds ?? 0);
  expect(pauseMs).toBeGreaterThanOrEqual(2_000);
});

test('a number that the carrier refuses fails at once, with the reason', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await world.replica();
  carrier.behaviour.dial = 'refuse';
  const final = await world.final((await world.book(50)).id);
  expect(final).toMatchObject({ status: 'failed', failureCode: 'invalid_number' });
  expect(carrier.requests).toHaveLength(1);
});

test('the answer to a dial is lost, yet the phone rang: it is found, and never dialled a second time', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await Promise.all([world.replica(), world.replica()]);
  carrier.behaviour.dial = 'lose';
  const callback = await world.book(100);
  const first = await world.seeAttempt(callback.id, 'ringing');
  carrier.behaviour.dial = 'place';
  await settleAttempt(world.deps(), first.id, { kind: 'opening' });
  carrier.endAll('hung_up');
  expect(await world.final(callback.id)).toMatchObject({ status: 'completed', attemptsMade: 1 });
  expect(carrier.requests).toEqual([first.id]);
});

test('the request was lost on its way: three empty look-ups say so, then it is dialled anew', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await Promise.all([world.replica(), world.replica()]);
  carrier.behaviour.dial = 'swallow';
  const callback = await world.book(100);
  await until(
    'the request',
    carrier.whenever(() => carrier.requests.length === 1),
  );
  carrier.behaviour.dial = 'place';
  await until(
    'the second call',
    carrier.whenever(() => carrier.calls.length === 1),
  );
  const [lost, next] = await world.attempts(callback.id);
  expect(lost).toMatchObject({ status: 'ended', outcome: 'lost', counted: true, checks: 2 });
  expect(carrier.requests).toEqual([lost?.id, next?.id]);
  // Three look-ups, though two replicas knew of each.
  expect(carrier.lookUps).toBe(3);
});

test('while the carrier does not answer look-ups, nothing is dialled again', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await world.replica();
  Object.assign(carrier.behaviour, { dial: 'lose', lookUps: 'silent' });
  const callback = await world.book(50);
  await world.see(callback.id, 'several look-ups', () => world.lines.filter(isSilence).length >= 3);
  const [attempt] = await world.attempts(callback.id);
  expect(attempt).toMatchObject({ status: 'unknown', checks: 0 });
  expect(carrier.requests).toHaveLength(1);
  carrier.behaviour.lookUps = 'answer';
  await world.seeAttempt(callback.id, 'ringing');
});

test('a replica that drains hands over at once: the other one dials on time, and the first leaves no row', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const leaving = await world.replica();
  const staying = await world.replica({ times: wheelAlone });
  const callback = await world.book(1_000);
  await leaving.drain();
  expect(leaving.status).toMatchObject({ draining: true, nearTimers: 0 });
  expect(leaving.status.why).not.toBeNull();
  await leaving.stop();
  const rows = await world.database.orm.select().from(replica);
  expect(rows.map((row) => row.id)).toEqual([staying.id]);
  await until(
    'the call',
    carrier.whenever(() => carrier.calls.length > 0),
  );
  const lateMs = (carrier.calls[0]?.placedAtMs ?? 0) - callback.dueAt.epochMilliseconds;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(LATE_MS * slowness());
  const [attempt] = await world.attempts(callback.id);
  expect(attempt?.ownerId).toBe(staying.id);
});

test('a replica that lost its epoch to another claims nothing under the old one, and comes back under a new one', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const { id, status } = await world.replica();
  const before = status.epoch ?? 0;
  await world.database.orm
    .update(replica)
    .set({ epoch: before + 10 })
    .where(eq(replica.id, id));
  const callback = await world.book(50);
  await world.see(callback.id, 'the dial', (one) => one.status === 'dialing');
  const [attempt] = await world.attempts(callback.id);
  expect(attempt?.ownerEpoch).toBeGreaterThan(before + 10);
});

test('a scheduler may be stopped twice, and one that was stopped stays so', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const scheduler = await world.replica();
  await scheduler.stop();
  await scheduler.stop();
  scheduler.start();
  await expect(scheduler.started()).rejects.toThrow('stopping');
  expect(scheduler.status.why).not.toBeNull();
});

test('while its database is away a replica dials nothing; when it is back, what is due is dialled once', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await using way = await openTcpProxy(addressOf(world.url));
  const scheduler = await world.replica({}, through(world.url, way.port));
  const callback = await world.book(700);
  way.refuse(true);
  await until('the fence', fenced(scheduler));
  expect(carrier.requests).toEqual([]);
  way.refuse(false);
  const attempt = await world.seeAttempt(callback.id, 'ringing');
  expect(carrier.requests).toEqual([attempt.id]);
});

test('the database goes away while the carrier answers: what it said is stored when the database is back', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await using way = await openTcpProxy(addressOf(world.url));
  let outages = 0;
  await world.replica(
    {
      probe: (point) => {
        if (point !== 'answered' || outages++ > 0) return;
        way.refuse(true);
        systemClock.setTimer(700, () => way.refuse(false));
      },
    },
    through(world.url, way.port),
  );
  const callback = await world.book(100);
  // A long outage makes a look-up find the call first, which by then may ring: the same call, in any case.
  const attempt = await world.seeAttempt(callback.id, 'placed', 'ringing');
  expect(outages).toBe(1);
  expect(attempt.carrierCallId).toBe(carrier.calls[0]?.carrierCallId);
  expect(carrier.requests).toEqual([attempt.id]);
});

test('a stop waits for a dial that is under way, stores what came of it, and then gives the lease back', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const requesting = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const scheduler = await world.replica({
    probe: (point) => {
      if (point !== 'requesting') return undefined;
      requesting.resolve();
      return goOn.promise;
    },
  });
  const callback = await world.book(50);
  await until('the dial', requesting.promise);
  const stopped = scheduler.stop();
  goOn.resolve();
  await until('the stop', stopped);
  const [attempt] = await world.attempts(callback.id);
  expect(attempt).toMatchObject({ status: 'placed', carrierCallId: carrier.calls[0]?.carrierCallId });
  expect(await world.database.orm.select().from(replica)).toEqual([]);
});

test('a scheduler that was never started stops at once and asks the database nothing', async () => {
  const refused = (): never => {
    throw new Error('the database was asked');
  };
  const nothing = new Proxy({}, { get: refused }) as ReplicaStore;
  const scheduler = openScheduler({
    replicaId: '00000000-0000-7000-8000-000000000000',
    version: 'test',
    callbacks: {
      store: nothing as unknown as CallbackStore,
      random: Math.random,
      carrierOf: refused,
      allowlist: null,
      times: shortCallbackTimes,
    },
    replicas: nothing,
    database: { listen: refused, notify: refused },
    carrierOf: refused,
    linesFree: refused,
    vendorsDown: refused,
    clock: systemClock,
    log: quietLog(),
    random: Math.random,
  });
  expect(scheduler.status).toMatchObject({ why: 'the scheduler was not started', epoch: null });
  await until('the stop', scheduler.stop());
});

async function fenced(scheduler: Scheduler): Promise<void> {
  while (scheduler.status.epoch !== null) await systemClock.sleep(10, new AbortController().signal);
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

function through(url: string, port: number): string {
  const changed = new URL(url);
  changed.hostname = '127.0.0.1';
  changed.port = String(port);
  return changed.href;
}

function isSilence(line: { message: string }): boolean {
  return line.message === 'the carrier did not answer a look-up';
}
