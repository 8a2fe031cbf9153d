import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TIMER_CHANNEL } from '../../../db/postgres-callback-store.ts';
import type { DialFacts, DialScene } from '../../../db/callback-store.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { until } from '../../support/until.ts';
import { portKinds, type PortWorld } from './port-world.ts';
import { after, agentOf, booked, dialled, insertNew, newAttempt, newCall, newCallback, newPerson } from './rows.ts';

const HOUR_MS = 3_600_000;

describe.each(portKinds)('on $name', ({ open }) => {
  let world: PortWorld;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function replica(leaseMs = HOUR_MS): Promise<{ id: string; epoch: number }> {
    const id = uuidv7();
    return {
      id,
      epoch: (await world.replicas.enter({ id, version: 'test', leaseMs, above: 0, draining: false })).epoch,
    };
  }

  function scene(callback: Callback, owner = { id: uuidv7(), epoch: 1 }): Promise<DialScene> {
    return world.store.transact((tx) =>
      tx.dialScene({
        callbackIds: [callback.id],
        ownerId: owner.id,
        ownerEpoch: owner.epoch,
        dialsSince: after(tx.now, -24 * HOUR_MS),
        callsSince: after(tx.now, -10_000),
      }),
    );
  }

  async function facts(callback: Callback): Promise<DialFacts> {
    const [its] = (await scene(callback)).facts;
    if (its === undefined) throw new Error('nothing is known of it');
    return its;
  }

  test('a lease counts while it lives, under its epoch, and not while its replica drains', async () => {
    const callback = await booked(world);
    const owner = await replica();
    const owns = async (epoch = owner.epoch): Promise<boolean> =>
      (await scene(callback, { ...owner, epoch })).ownsLease;
    expect(await owns()).toBe(true);
    expect(await owns(owner.epoch + 1)).toBe(false);
    await world.replicas.setDraining(owner.id);
    expect(await owns()).toBe(false);
    const other = await replica();
    await world.endLease(other.id);
    expect((await scene(callback, other)).ownsLease).toBe(false);
  });

  test('the hold and the paused carriers are seen, each with its first reason', async () => {
    const callback = await booked(world);
    expect(await scene(callback)).toMatchObject({ held: null });
    await world.hold('a restored database');
    await world.store.transact((tx) => tx.pauseCarrier('acme', 'no credit'));
    await world.store.transact((tx) => tx.pauseCarrier('acme', 'later'));
    expect(await scene(callback)).toMatchObject({ held: 'a restored database', pausedCarriers: { acme: 'no credit' } });
    await world.release();
    expect((await scene(callback)).held).toBeNull();
  });

  test("an agent's numbers are its own and the built-in ones, the default agent's also those of nobody", async () => {
    const owner = await agentOf(world);
    const first = await world.insertAgent({ isDefault: true });
    await world.insertNumber({ number: '+13104562002', agentId: owner.agent.id, outboundEnabled: false });
    await world.insertNumber({ number: '+13104562001', agentId: null });
    await world.insertNumber({ number: 'browser:ringback', agentId: null, builtIn: true });
    const callback = await world.store.transact(async (tx) => insertNew(tx, newCallback(owner, tx.now)));
    const numbers = (rows: readonly { number: string }[]): string[] => rows.map((row) => row.number).toSorted();
    const known = await facts(callback);
    expect(known.agent?.id).toBe(owner.agent.id);
    expect(numbers(known.numbers)).toEqual(['+13104562002', 'browser:ringback']);
    const ofDefault = await world.store.transact((tx) => tx.numbersOf(first.id));
    expect(numbers(ofDefault)).toEqual(['+13104562001', 'browser:ringback']);
    const of = await world.store.transact((tx) => tx.numbersOf(owner.agent.id));
    expect(of.find((row) => row.number === '+13104562002')?.outboundEnabled).toBe(false);
  });

  test('who asked not to be called is known to be on the list, however often they asked', async () => {
    const callback = await booked(world);
    expect((await facts(callback)).onDoNotCall).toBe(false);
    for (const reason of ['asked', 'asked again'])
      await world.store.transact((tx) => tx.addDoNotCall({ id: uuidv7(), number: callback.to, reason }));
    expect((await facts(callback)).onDoNotCall).toBe(true);
    expect((await world.store.transact((tx) => tx.bookingScene(callback))).onDoNotCall).toBe(true);
  });

  test("a day's dials are those that may have rung, whoever's they were", async () => {
    const callback = await booked(world);
    const other = await booked(world, { to: callback.to });
    expect(await facts(callback)).toMatchObject({ recentDials: [], attemptInFlight: false, attemptsSoFar: 0 });
    const times = await world.store.transact(async (tx) => {
      const ended = { status: 'ended', endedAt: tx.now } as const;
      const rows = [
        newAttempt(other, after(tx.now, -5_000), { ...ended, number: 1, outcome: 'no_answer' }),
        newAttempt(other, after(tx.now, -9_000), { ...ended, number: 2, outcome: 'lost' }),
        newAttempt(other, after(tx.now, -4_000), { ...ended, number: 3, outcome: 'not_placed' }),
        newAttempt(other, after(tx.now, -3_000), { ...ended, number: 4, outcome: 'blocked' }),
        newAttempt(other, after(tx.now, -25 * HOUR_MS), { ...ended, number: 5, outcome: 'busy' }),
      ];
      for (const row of rows) await tx.insertAttempt(row);
      return rows.map((row) => row.startedAt);
    });
    expect((await facts(callback)).recentDials).toEqual([times[1], times[0]]);
    expect((await facts(other)).attemptsSoFar).toBe(5);
    await world.store.transact((tx) => dialled(tx, callback));
    expect((await facts(other)).attemptInFlight).toBe(true);
    expect(await world.store.transact((tx) => tx.isDialing(callback.agentId, callback.to))).toBe(true);
    expect(await world.store.transact((tx) => tx.isDialing(other.agentId, other.to))).toBe(false);
  });

  test('a person is on a call with us, or has just been; somebody who did not answer has not', async () => {
    const owner = await agentOf(world);
    const ids = { agentId: owner.agent.id, conversationId: owner.conversationId };
    const now = await world.store.transact(async (tx) => tx.now);
    const book = (): Promise<Callback> => world.store.transact(async (tx) => insertNew(tx, newCallback(owner, tx.now)));
    const [rang, talked, lives, missed, long] = [await book(), await book(), await book(), await book(), await book()];
    const ended = after(now, -4_000);
    const over = { status: 'completed', endedAt: ended } as const;
    await world.insertCall(newCall(ids, after(now, -9_000), { ...over, direction: 'inbound', from: rang.to }), false);
    await world.insertCall(newCall(ids, after(now, -9_000), { ...over, to: talked.to }), false);
    await world.insertCall(newCall(ids, after(now, -9_000), { to: lives.to }), false);
    await world.insertCall(newCall(ids, after(now, -9_000), { ...over, to: missed.to, answeredAt: null }), false);
    await world.insertCall(
      newCall(ids, after(now, -90_000), { ...over, endedAt: after(now, -60_000), to: long.to }),
      false,
    );
    expect((await facts(rang)).personOnCall).toEqual(ended);
    expect((await facts(talked)).personOnCall).toEqual(ended);
    expect((await facts(lives)).personOnCall).toBe('live');
    expect((await facts(missed)).personOnCall).toBeNull();
    expect((await facts(long)).personOnCall).toBeNull();
  });

  test('whoever rang us and spoke has come back; whoever said nothing, or rang before, has not', async () => {
    const owner = await agentOf(world);
    const ids = { agentId: owner.agent.id, conversationId: owner.conversationId };
    const now = await world.store.transact(async (tx) => tx.now);
    const over = { direction: 'inbound', status: 'completed', endedAt: now } as const;
    await world.insertCall(newCall(ids, after(now, -9_000), { ...over, from: '+12124567001' }), true);
    await world.insertCall(newCall(ids, after(now, -9_000), { ...over, from: '+12124567002' }), false);
    const cameBack = (person: string, since: Temporal.Instant): Promise<boolean> =>
      world.store.transact((tx) => tx.cameBack({ agentId: owner.agent.id, person }, since));
    expect(await cameBack('+12124567001', now)).toBe(true);
    expect(await cameBack('+12124567001', after(now, 1))).toBe(false);
    expect(await cameBack('+12124567002', after(now, -60_000))).toBe(false);
  });

  test('what is remembered of earlier attempts: the last, the outcomes that count, whether any was placed', async () => {
    const callback = await booked(world);
    const attempts = await world.store.transact(async (tx) => {
      const ended = { status: 'ended', endedAt: tx.now, counted: true } as const;
      const rows = [
        newAttempt(callback, tx.now, { ...ended, number: 1, outcome: 'failed' }),
        newAttempt(callback, tx.now, { ...ended, number: 2, outcome: 'not_placed', counted: false }),
        newAttempt(callback, tx.now, { ...ended, number: 3, outcome: 'lost' }),
        newAttempt(callback, tx.now, { ...ended, number: 4, outcome: 'failed' }),
      ];
      for (const row of rows) await tx.insertAttempt(row);
      return rows.map((row) => row.id);
    });
    const outcomes = (limit: number): Promise<unknown> =>
      world.store.transact((tx) => tx.countedOutcomes(callback.id, { attemptId: attempts[3] ?? '', limit }));
    expect(await outcomes(5)).toEqual(['failed', 'lost']);
    expect(await outcomes(1)).toEqual(['lost']);
    expect(await outcomes(0)).toEqual([]);
    expect((await world.store.transact((tx) => tx.lastAttempt(callback.id)))?.number).toBe(4);
    expect(await world.store.transact((tx) => tx.anyPlaced(callback.id))).toBe(false);
    await world.store.transact((tx) =>
      tx.insertAttempt(
        newAttempt(callback, tx.now, { number: 5, status: 'ended', outcome: 'busy', endedAt: tx.now, counted: true }),
      ),
    );
    expect(await world.store.transact((tx) => tx.anyPlaced(callback.id))).toBe(true);
    expect((await world.store.attemptsOf(callback.id)).map((row) => row.number)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a carrier's slots lie apart, none before its time, and what breaks off gives its slot back", async () => {
    const carrier = `paced-${uuidv7()}`;
    const now = await world.store.transact(async (tx) => tx.now);
    const notBefore = after(now, 10_000);
    const take = (): Promise<Temporal.Instant> =>
      world.store.transact(async (tx) => (await tx.takeSlot(carrier, { everyMs: 500, notBefore })).slot);
    expect(await take()).toEqual(notBefore);
    expect(await take()).toEqual(after(notBefore, 500));
    await expect(
      world.store.transact(async (tx) => {
        await tx.takeSlot(carrier, { everyMs: 500, notBefore });
        throw new Error('it breaks off');
      }),
    ).rejects.toThrow('it breaks off');
    expect(await take()).toEqual(after(notBefore, 1_000));
    const [one, other] = await Promise.all([take(), take()]);
    expect(Math.abs(one.since(other).total('milliseconds'))).toBe(500);
  });

  test('a lease is renewed under its epoch alone, entered above all before it, and given back by its own', async () => {
    const { id, epoch } = await replica();
    expect((await world.replicas.renew({ id, epoch, leaseMs: HOUR_MS }))?.epoch).toBe(epoch);
    expect(await world.replicas.renew({ id, epoch: epoch + 1, leaseMs: HOUR_MS })).toBeUndefined();
    const again = await world.replicas.enter({ id, version: 'test', leaseMs: HOUR_MS, above: 6, draining: false });
    expect(again.epoch).toBe(7);
    await world.replicas.leave(id, epoch);
    expect((await world.replicas.renew({ id, epoch: 7, leaseMs: HOUR_MS }))?.epoch).toBe(7);
    await world.endLease(id);
    expect(await world.replicas.renew({ id, epoch: 7, leaseMs: HOUR_MS })).toBeUndefined();
    expect(
      (await world.replicas.enter({ id, version: 'test', leaseMs: HOUR_MS, above: 2, draining: false })).epoch,
    ).toBe(8);
    await world.replicas.leave(id, 8);
    expect(
      (await world.replicas.enter({ id, version: 'test', leaseMs: HOUR_MS, above: 8, draining: false })).epoch,
    ).toBe(9);
  });

  test('the epoch of a replica is raised once its lease has run out, and not while it lives', async () => {
    const { id, epoch } = await replica();
    const raise = (): Promise<number | undefined> => world.store.transact((tx) => tx.raiseEpoch(id));
    expect(await raise()).toBeUndefined();
    await world.endLease(id);
    expect(await raise()).toBe(epoch + 1);
    expect(
      (await world.replicas.enter({ id, version: 'test', leaseMs: HOUR_MS, above: 0, draining: false })).epoch,
    ).toBe(epoch + 2);
  });

  test('what is overdue comes with the look at the dead, the earliest first and no more than was asked for', async () => {
    const later = await booked(world);
    const sooner = await booked(world);
    const planned = async (callback: Callback, before: string): Promise<void> => {
      await world.store.transact(async (tx) => {
        const locked = (await tx.lockCallback(callback.id)) ?? callback;
        await tx.updateCallback(locked, { nextAttemptAt: Temporal.Instant.from(before) });
      });
    };
    await planned(later, '2001-01-02T00:00:00Z');
    await planned(sooner, '2001-01-01T00:00:00Z');
    const seen: string[] = [];
    const look = (before: string, limit: number) =>
      world.replicas.remains(HOUR_MS, 1_000, {
        before: Temporal.Instant.from(before),
        limit,
        take: (late) => void seen.push(...late.map(({ kind, id }) => `${kind} ${id}`)),
      });
    await look('2001-01-01T00:00:00Z', 10);
    expect(seen).toEqual([]);
    await look('2001-02-01T00:00:00Z', 10);
    await look('2001-02-01T00:00:00Z', 1);
    expect(seen).toEqual([`dial ${sooner.id}`, `dial ${later.id}`, `dial ${sooner.id}`]);
    for (const callback of [later, sooner]) await planned(callback, '2101-01-01T00:00:00Z');
  });

  test('bookings that come in a crowd are all kept, and one that is refused takes nobody with it', async () => {
    const owner = await agentOf(world);
    const taken = await booked(world);
    const persons = [newPerson(), newPerson(), newPerson(), taken.to, newPerson()];
    const of = { ...owner, agent: { ...owner.agent, id: taken.agentId } };
    const outcomes = await Promise.allSettled(
      persons.map((to) =>
        world.store.together([to], async (tx) =>
          insertNew(tx, newCallback(to === taken.to ? of : owner, tx.now, { to })),
        ),
      ),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    for (const outcome of outcomes)
      if (outcome.status === 'fulfilled')
        expect(await world.store.find(outcome.value.id)).toMatchObject({ status: 'scheduled' });
  });

  test('the dead are found with what they were sending, and buried', async () => {
    const [living, dead] = [await replica(), await replica()];
    const [theirs, lost, stranger] = [await booked(world), await booked(world), await booked(world)];
    const attempts = await world.store.transact(async (tx) => ({
      theirs: await dialled(tx, theirs, { ownerId: living.id, ownerEpoch: living.epoch }),
      lost: await dialled(tx, lost, { ownerId: dead.id, ownerEpoch: dead.epoch }),
      stranger: await dialled(tx, stranger),
    }));
    await world.endLease(dead.id);
    const remains = await world.replicas.remains(HOUR_MS, 1_000);
    expect(remains.lapsed).toContain(dead.id);
    expect(remains.lapsed).not.toContain(living.id);
    expect(remains.unwatched).toEqual(expect.arrayContaining([attempts.lost.id, attempts.stranger.id]));
    expect(remains.unwatched).not.toContain(attempts.theirs.id);
    const sending = (below: number) => world.store.transact((tx) => tx.sendingOf(dead.id, below, 10));
    expect((await sending(dead.epoch + 1)).map((row) => row.id)).toEqual([attempts.lost.id]);
    // What it begins under a new epoch is its own.
    expect(await sending(dead.epoch)).toEqual([]);
    await world.replicas.bury(dead.id);
    await world.replicas.bury(living.id);
    expect((await world.replicas.remains(HOUR_MS, 1_000)).lapsed).not.toContain(dead.id);
    expect((await world.replicas.renew({ ...living, leaseMs: HOUR_MS }))?.epoch).toBe(living.epoch);
  });

  test('a call is held by the living replica that its row names, until it ends', async () => {
    const owner = await agentOf(world);
    const holder = await replica();
    const now = await world.store.transact(async (tx) => tx.now);
    const ids = { agentId: owner.agent.id, conversationId: owner.conversationId };
    const [held, over] = [
      newCall(ids, now, { replicaId: holder.id }),
      newCall(ids, now, { replicaId: holder.id, endedAt: now }),
    ];
    await world.insertCall(held, false);
    await world.insertCall(over, false);
    expect(await world.replicas.holdsCall(held.id)).toBe(true);
    expect(await world.replicas.holdsCall(over.id)).toBe(false);
    await world.endLease(holder.id);
    expect(await world.replicas.holdsCall(held.id)).toBe(false);
  });

  test('whoever listens is told to look first, and then hears of a timer that was set, after its commit', async () => {
    const heard: string[] = [];
    const caughtUp = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    const hear = (payload: string): void => {
      heard.push(payload);
      told.resolve();
    };
    using _listening = world.channels.listen(TIMER_CHANNEL, hear, () => caughtUp.resolve());
    await until('the first look', caughtUp.promise);
    const now = await world.store.transact(async (tx) => tx.now);
    await booked(world, { nextAttemptAt: after(now, HOUR_MS) });
    const near = await booked(world, { nextAttemptAt: after(now, 5_000) });
    await until('the hint', told.promise);
    expect(heard).toEqual([`${near.nextAttemptAt?.epochMilliseconds}:dial:${near.id}`]);
  });
});
