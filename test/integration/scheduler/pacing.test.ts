import { expect, test } from 'vitest';
import { cancelCallback } from '../../../src/callbacks/cancel.ts';
import type { Carrier } from '../../../src/carriers/carrier.ts';
import { systemClock } from '../../../src/clock.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { FakeCarrierServer } from '../../fakes/http-carrier-server.ts';
import { HttpCarrier } from '../../fakes/http-carrier.ts';
import { openCallbackWorld } from '../../support/callback-rows.ts';
import { until } from '../../support/until.ts';
import { shortTimes } from './parts.ts';
import { World } from './world.ts';

/** A busy machine may hold a request back by so much; the slots are that much further apart. */
const paced = { ...shortTimes, slotSlackMs: 100 };

function carrierWithPace(url: string, callsPerSecond: number): Carrier {
  const carrier = new HttpCarrier(url);
  return Object.assign(carrier, { capabilities: { ...carrier.capabilities, callsPerSecond } });
}

function replicaWithPace(world: World, url: string, callsPerSecond: number) {
  const carrier = carrierWithPace(url, callsPerSecond);
  return world.replica({ times: paced, carrierOf: (name) => (name === carrier.name ? carrier : undefined) });
}

/** When each of them was claimed for the dial that it has now, in the order in which they are named. */
async function claimTimes(world: World, callbacks: readonly Callback[]): Promise<number[]> {
  const attempts = await Promise.all(callbacks.map(async ({ id }) => (await world.attempts(id)).at(-1)));
  return attempts.map((attempt) => attempt?.startedAt.epochMilliseconds ?? 0);
}

/**
 * By how many calls they were ever ahead of the pace, counted from the first one on. By the times of the claims: a
 * machine that stalls holds requests back, so that the later ones come closer. Whoever keeps to no pace is ahead by more
 * with every second.
 */
function aheadOfPace(timesMs: readonly number[], callsPerSecond: number): number {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const [first = 0] = sorted;
  return Math.max(...sorted.map((at, index) => index - ((at - first) / 1_000) * callsPerSecond));
}

/** How many of them stand in order, the others left out; of twenty that are shuffled hardly more than seven do. */
function longestInOrder(timesMs: readonly number[]): number {
  const lengths: number[] = [];
  for (const timeMs of timesMs)
    lengths.push(1 + Math.max(0, ...lengths.filter((_, before) => (timesMs[before] ?? Infinity) <= timeMs)));
  return Math.max(0, ...lengths);
}

test('a hundred callbacks at one moment on three replicas are dialled at the pace of the account, and each person is rung once', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const callbacks = await Promise.all(Array.from({ length: 100 }, () => world.book(1_500)));
  await Promise.all([1, 2, 3].map(() => replicaWithPace(world, carrier.url, 10)));
  await until(
    'the calls',
    carrier.whenever(() => carrier.calls.length >= 100),
    40_000,
  );
  expect(carrier.requests).toHaveLength(100);
  expect(new Set(carrier.calls.map((call) => call.to)).size).toBe(100);
  expect(aheadOfPace(await claimTimes(world, callbacks), 10)).toBeLessThan(10);
  for (const one of callbacks) await world.see(one.id, 'the dial', (row) => row.status === 'dialing');
}, 60_000);

test('what came due while nothing was running is dialled at the pace of the carrier, the earliest first', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const callbacks = [];
  for (let n = 0; n < 20; n += 1) callbacks.push(await world.book(20 + n));
  await until('their times', systemClock.sleep(200, new AbortController().signal));
  await replicaWithPace(world, carrier.url, 10);
  await until(
    'the calls',
    carrier.whenever(() => carrier.calls.length >= 20),
    20_000,
  );
  const due = callbacks.toSorted((a, b) => Temporal.Instant.compare(a.dueAt, b.dueAt));
  // Their turns, as the claims were made. Who is held back for longer than a turn waits loses it, and takes the next free
  // one: on a busy machine some do.
  const claimedMs = await claimTimes(world, due);
  expect(longestInOrder(claimedMs)).toBeGreaterThanOrEqual(12);
  expect(aheadOfPace(claimedMs, 10)).toBeLessThan(10);
});

test('turns lie as far apart as the account wants them, whoever takes them, and in no second are there more', async () => {
  await using world = await openCallbackWorld();
  const agent = await world.agent();
  const pace = { paceOf: () => ({ callsPerSecond: 10, slackMs: 0 }) };
  const booked = await Promise.all(Array.from({ length: 30 }, () => world.book(agent, world.person())));
  const claims = await Promise.all(booked.map(({ callback }) => world.claim(callback.id, pace)));
  expect(claims.filter((claim) => claim.do === 'dial').length).toBeLessThanOrEqual(2);
  const waiting = await Promise.all(booked.map(({ callback }) => world.store.find(callback.id)));
  const turns = waiting
    .flatMap((callback) => callback?.nextAttemptAt?.epochMilliseconds ?? [])
    .toSorted((a, b) => a - b);
  const apart = turns.slice(1).map((turn, index) => turn - (turns[index] ?? 0));
  expect(Math.min(...apart)).toBeGreaterThanOrEqual(100);
  expect(Math.max(...apart), 'no turn is left out').toBeLessThanOrEqual(101);
});

test('turns keep the pace of each number and that of the account, and a number that is slow holds up no other', async () => {
  await using world = await openCallbackWorld();
  const [one, other] = [await world.agent(), await world.agent()];
  const pace = { paceOf: () => ({ callsPerSecond: 10, perNumber: 1, slackMs: 0 }) };
  const booked = await Promise.all(
    Array.from({ length: 16 }, (_, index) => world.book(index < 8 ? one : other, world.person())),
  );
  await Promise.all(booked.map(({ callback }) => world.claim(callback.id, pace)));
  const turnsOf = async (some: typeof booked): Promise<number[]> =>
    (await Promise.all(some.map(({ callback }) => world.store.find(callback.id))))
      .flatMap((callback) => callback?.nextAttemptAt?.epochMilliseconds ?? [])
      .toSorted((a, b) => a - b);
  const leastApart = (turns: readonly number[]): number =>
    Math.min(...turns.slice(1).map((turn, index) => turn - (turns[index] ?? 0)));
  const [ofOne, ofOther, all] = [
    await turnsOf(booked.slice(0, 8)),
    await turnsOf(booked.slice(8)),
    await turnsOf(booked),
  ];
  expect(all.length).toBeGreaterThanOrEqual(14);
  for (const turns of [ofOne, ofOther]) expect(leastApart(turns)).toBeGreaterThanOrEqual(999);
  expect(leastApart(all)).toBeGreaterThanOrEqual(99);
});

test('a turn that was given for a number is not used for another', async () => {
  await using world = await openCallbackWorld();
  const agent = await world.agent();
  const pace = { paceOf: () => ({ callsPerSecond: null, perNumber: 0.1, slackMs: 0 }) };
  const [first, second] = [await world.book(agent, world.person()), await world.book(agent, world.person())];
  await world.claim(first.callback.id, pace);
  expect(await world.claim(second.callback.id, pace)).toEqual({ do: 'rest', why: 'wait' });
  const waiting = await world.store.find(second.callback.id);
  expect(waiting?.slot).toMatchObject({ from: agent.ownNumber });
  expect(waiting?.warning).toBe('The carrier takes 0.1 calls a second from each number; it waits for its turn.');
});

test('one that waits for its turn is not Dialing, says why, and can still be cancelled', async () => {
  await using world = await openCallbackWorld();
  const agent = await world.agent();
  const pace = { paceOf: () => ({ callsPerSecond: 0.1, slackMs: 0 }) };
  const [first, second] = [await world.book(agent, world.person()), await world.book(agent, world.person())];
  expect((await world.claim(first.callback.id, pace)).do).toBe('dial');
  expect(await world.claim(second.callback.id, pace)).toEqual({ do: 'rest', why: 'wait' });
  const waiting = await world.store.find(second.callback.id);
  expect(waiting).toMatchObject({
    status: 'scheduled',
    currentAttemptId: null,
  });
  expect(waiting?.warning).toMatch(/waits for its turn/);
  const attempt = await world.store.attemptsOf(first.callback.id);
  const apartMs = (waiting?.nextAttemptAt?.epochMilliseconds ?? 0) - (attempt[0]?.startedAt.epochMilliseconds ?? 0);
  expect(apartMs).toBeGreaterThanOrEqual(10_000);
  // Asked again before its turn it stays where it is.
  expect(await world.claim(second.callback.id, pace)).toEqual({ do: 'rest', why: 'not_due' });
  expect((await cancelCallback(world.deps, second.callback.id, 'operator')).status).toBe('cancelled');
  await world.checkInvariants();
});

test('the last look is taken again at the turn: a number on the do-not-call list meanwhile is not dialled', async () => {
  await using world = await openCallbackWorld();
  const agent = await world.agent();
  const person = world.person();
  const pace = { paceOf: () => ({ callsPerSecond: 0.1, slackMs: 0 }) };
  const [first, second] = [await world.book(agent, world.person()), await world.book(agent, person)];
  await world.claim(first.callback.id, pace);
  expect(await world.claim(second.callback.id, pace)).toEqual({ do: 'rest', why: 'wait' });
  await world.database.sql`insert into do_not_call (id, number, reason) values (gen_random_uuid(), ${person}, 'asked')`;
  // As if its turn had come.
  expect(await world.claim(second.callback.id, { ...pace, leadMs: 60_000 })).toEqual({ do: 'rest', why: 'cancel' });
});

test('a turn belongs to one callback: it is dialled in it, without taking another', async () => {
  await using world = await openCallbackWorld();
  const agent = await world.agent();
  const pace = { paceOf: () => ({ callsPerSecond: 0.5, slackMs: 0 }), leadMs: 60_000 };
  const [first, second] = [await world.book(agent, world.person()), await world.book(agent, world.person())];
  await world.claim(first.callback.id, pace);
  await world.claim(second.callback.id, { ...pace, leadMs: 20 });
  const turn = (await world.store.find(second.callback.id))?.nextAttemptAt;
  const claimed = await world.claim(second.callback.id, pace);
  expect(claimed).toMatchObject({ do: 'dial', callback: { warning: null, slot: null } });
  expect(claimed.do === 'dial' ? claimed.due.toString() : '').toBe(turn?.toString());
  const [pacer] = await world.database.sql<{ slots: number }[]>`
    select round(extract(epoch from next_at - ${turn?.toString() ?? ''}::timestamptz) / 2)::int as slots from pacer`;
  expect(pacer?.slots).toBe(1);
});
