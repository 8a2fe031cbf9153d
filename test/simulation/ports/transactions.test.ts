import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isUniqueViolation, sqlState } from '../../../db/failure.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { portKinds, type PortWorld } from './port-world.ts';
import { after, agentOf, booked, dialled, insertNew, newAttempt, newCall, newCallback } from './rows.ts';

/** Two moments that a test decides: one is reached, then somebody lets it go on. */
function pause() {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  return {
    here: (): Promise<void> => {
      reached.resolve();
      return released.promise;
    },
    reached: reached.promise,
    release: (): void => released.resolve(),
  };
}

describe.each(portKinds)('on $name', ({ open }) => {
  let world: PortWorld;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('what a transaction writes is seen when it has committed, and by nobody before', async () => {
    const { id } = await booked(world);
    const between = pause();
    const writing = world.store.transact(async (tx) => {
      const locked = await tx.lockCallback(id);
      if (locked === undefined) throw new Error('it is gone');
      await tx.updateCallback(locked, { warning: 'seen' });
      await between.here();
    });
    await between.reached;
    expect((await world.store.find(id))?.warning).toBeNull();
    between.release();
    await writing;
    expect((await world.store.find(id))?.warning).toBe('seen');
  });

  test('a transaction that throws has written nothing', async () => {
    const callback = await booked(world);
    const failing = world.store.transact(async (tx) => {
      const locked = await tx.lockCallback(callback.id);
      if (locked === undefined) throw new Error('it is gone');
      await tx.updateCallback(locked, { nextAttemptAt: after(tx.now, 5_000), warning: 'never' });
      throw new Error('it breaks off');
    });
    await expect(failing).rejects.toThrow('it breaks off');
    expect(await world.store.find(callback.id)).toMatchObject({ warning: null, nextAttemptAt: callback.nextAttemptAt });
  });

  test('whoever wants a locked row waits, and then sees what its holder wrote', async () => {
    const { id } = await booked(world);
    const between = pause();
    const first = world.store.transact(async (tx) => {
      const locked = await tx.lockCallback(id);
      await between.here();
      if (locked !== undefined) await tx.updateCallback(locked, { warning: 'first' });
    });
    await between.reached;
    const second = world.store.transact((tx) => tx.lockCallback(id));
    // Somebody else's work goes on meanwhile.
    await booked(world);
    between.release();
    await first;
    expect((await second)?.warning).toBe('first');
  });

  test('a claim passes over rows that somebody holds, and takes the others in the order of their times', async () => {
    const owner = await agentOf(world);
    const base = await world.store.transact(async (tx) => tx.now);
    const ids = await world.store.transact(async (tx) => {
      const made = [];
      for (const inMs of [3_000, 1_000, 2_000])
        made.push(insertNew(tx, newCallback(owner, base, { nextAttemptAt: after(base, inMs) })));
      return made.map((row) => row.id);
    });
    const [last = '', first = '', middle = ''] = ids;
    const between = pause();
    const holding = world.store.transact(async (tx) => {
      await tx.lockCallback(middle);
      await between.here();
    });
    await between.reached;
    const free = (): Promise<string[]> =>
      world.store.transact(async (tx) => {
        const query = { callbackIds: ids, ownerId: ids[0] ?? '', ownerEpoch: 1, dialsSince: base, callsSince: base };
        return (await tx.dialScene(query)).facts.map((facts) => facts.callback.id);
      });
    expect(await free()).toEqual([first, last]);
    between.release();
    await holding;
    expect(await free()).toEqual([first, middle, last]);
  });

  test('an open promise that was cancelled while one waited for it is not found, nor the one in its stead', async () => {
    const owner = await agentOf(world);
    const old = await world.store.transact(async (tx) => insertNew(tx, newCallback(owner, tx.now)));
    const between = pause();
    const replacing = world.store.transact(async (tx) => {
      const locked = await tx.lockCallback(old.id);
      await between.here();
      if (locked === undefined) throw new Error('it is gone');
      await tx.updateCallback(locked, { status: 'cancelled', cancelledBy: 'operator', nextAttemptAt: null });
      insertNew(tx, newCallback(owner, tx.now, { to: old.to }));
    });
    await between.reached;
    const looking = world.store.transact((tx) => tx.lockOpenCallback(owner.agent.id, old.to));
    await booked(world);
    between.release();
    await replacing;
    expect(await looking).toBeUndefined();
    expect(await world.store.transact((tx) => tx.lockOpenCallback(owner.agent.id, old.to))).toMatchObject({
      to: old.to,
    });
    expect(await world.store.transact((tx) => tx.lockOpenCallbacksTo(old.to))).toHaveLength(1);
  });

  test('two who promise the same person: the second waits, and fails when the first has committed', async () => {
    const owner = await agentOf(world);
    const between = pause();
    const to = (await booked(world)).to;
    const first = world.store.transact(async (tx) => {
      const row = insertNew(tx, newCallback(owner, tx.now, { to }));
      // It is written with the next statement that reads, or with the commit.
      await tx.findCallback(row.id);
      await between.here();
      return row;
    });
    await between.reached;
    const second = world.store.transact(async (tx) => insertNew(tx, newCallback(owner, tx.now, { to })));
    const failure = second.then(
      () => undefined,
      (error: unknown) => error,
    );
    await booked(world);
    between.release();
    await first;
    expect(isUniqueViolation(await failure, 'callback_one_open')).toBe(true);
  });

  test('where the first of two breaks off, the second has its promise', async () => {
    const owner = await agentOf(world);
    const between = pause();
    const to = (await booked(world)).to;
    const first = world.store.transact(async (tx) => {
      const { id } = insertNew(tx, newCallback(owner, tx.now, { to }));
      await tx.findCallback(id);
      await between.here();
      throw new Error('it breaks off');
    });
    const failed = first.catch((error: unknown) => error);
    await between.reached;
    const second = world.store.transact(async (tx) => insertNew(tx, newCallback(owner, tx.now, { to })));
    await booked(world);
    between.release();
    expect(await failed).toMatchObject({ message: 'it breaks off' });
    expect(await world.store.find((await second).id)).toMatchObject({ status: 'scheduled' });
  });

  test('one attempt to a person at a carrier is in flight; another waits for the first, and does not come in', async () => {
    const callback = await booked(world);
    const other = await booked(world, { to: callback.to });
    const between = pause();
    const first = world.store.transact(async (tx) => {
      await dialled(tx, (await tx.lockCallback(callback.id)) ?? callback);
      await between.here();
    });
    await between.reached;
    const second = world.store.transact((tx) =>
      tx.beginDials([{ callback: other, attempt: newAttempt(other, tx.now) }]),
    );
    await booked(world);
    between.release();
    await first;
    expect(await second).toEqual([]);
    expect(await world.store.find(other.id)).toMatchObject({ status: 'scheduled', currentAttemptId: null });
    const blocked = await world.store.transact((tx) =>
      tx.insertAttempt(newAttempt(other, tx.now, { status: 'ended', outcome: 'blocked', endedAt: tx.now })),
    );
    expect(blocked?.outcome).toBe('blocked');
    const sameNumber = await world.store.transact((tx) =>
      tx.insertAttempt(newAttempt(other, tx.now, { status: 'ended', outcome: 'blocked', endedAt: tx.now })),
    );
    expect(sameNumber).toBeUndefined();
  });

  test('a dial that is begun has its attempt, its callback Dialing, and no timer any more', async () => {
    const callback = await booked(world);
    const attempt = await world.store.transact((tx) => dialled(tx, callback));
    expect(await world.store.find(callback.id)).toMatchObject({
      status: 'dialing',
      currentAttemptId: attempt.id,
      nextAttemptAt: null,
      from: attempt.from,
      warning: null,
    });
    expect(await timersOf(world, callback.id, attempt.id)).toEqual([]);
    expect((await world.store.currentAttempts([callback.id])).map((row) => row.id)).toEqual([attempt.id]);
  });

  test('each row has the timer of its time and no other, whatever it was before', async () => {
    const callback = await booked(world);
    expect(await timersOf(world, callback.id)).toEqual([['dial', callback.nextAttemptAt?.toString()]]);
    const later = await world.store.transact(async (tx) => {
      const locked = (await tx.lockCallback(callback.id)) ?? callback;
      return tx.updateCallback(locked, { nextAttemptAt: after(tx.now, 90_000) });
    });
    expect(await timersOf(world, callback.id)).toEqual([['dial', later.nextAttemptAt?.toString()]]);
    const attempt = await world.store.transact((tx) => dialled(tx, later));
    const checkAt = await world.store.transact(async (tx) => {
      const locked = await tx.lockAttempt(attempt.id);
      if (locked === undefined) throw new Error('it is gone');
      await tx.updateAttempt(locked.attempt, { status: 'placed', checkAt: after(tx.now, 30_000) });
      return after(tx.now, 30_000);
    });
    expect(await timersOf(world, callback.id, attempt.id)).toEqual([['check', checkAt.toString()]]);
  });

  test('timers are read by their range: from its beginning, up to and without its end, in order, so many', async () => {
    const owner = await agentOf(world);
    const base = Temporal.Instant.from('2031-01-01T00:00:00Z');
    const rows = await world.store.transact(async (tx) => {
      const made = [];
      for (const inMs of [20, 0, 30, 10])
        made.push(insertNew(tx, newCallback(owner, base, { nextAttemptAt: after(base, inMs) })));
      return made;
    });
    const [twenty, zero, , ten] = rows.map((row) => row.id);
    const read = await world.store.timers(base, after(base, 30), 10);
    expect(read.map((row) => row.id)).toEqual([zero, ten, twenty]);
    expect(await world.store.timers(base, after(base, 30), 2)).toHaveLength(2);
  });

  test('a row that changed since it was read is not written over', async () => {
    const callback = await booked(world);
    await world.store.transact((tx) => dialled(tx, callback));
    const stale = world.store.transact((tx) => tx.updateCallback(callback, { warning: 'stale' }));
    await expect(stale).rejects.toThrow('the callback changed under its lock');
  });

  test('a state that makes no sense is refused by the database itself', async () => {
    const callback = await booked(world);
    const senseless = world.store.transact((tx) => tx.updateCallback(callback, { nextAttemptAt: null }));
    expect(sqlState(await senseless.catch((error: unknown) => error))).toBe('23514');
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'scheduled' });
  });

  test("a transaction's time stands still, in whole milliseconds, and is written into what it writes", async () => {
    const callback = await booked(world);
    expect(callback.createdAt.equals(callback.updatedAt)).toBe(true);
    expect(callback.createdAt.epochNanoseconds % 1_000_000n).toBe(0n);
    const updated = await world.store.transact((tx) => tx.updateCallback(callback, { warning: 'later' }));
    expect(Temporal.Instant.compare(updated.updatedAt, callback.updatedAt)).toBeGreaterThanOrEqual(0);
    expect(updated.createdAt.equals(callback.createdAt)).toBe(true);
  });

  test('two deliveries of one key: the second waits for the first and finds what came of it', async () => {
    const key = `test:${uuidv7()}`;
    const between = pause();
    const first = world.store.transact(async (tx) => {
      expect(await tx.recall(key)).toBeUndefined();
      await between.here();
      await tx.remember(key, 'hash', { callbackId: 'a' });
    });
    await between.reached;
    const second = world.store.transact((tx) => tx.recall(key));
    expect(await world.store.transact((tx) => tx.recall(`${key}:other`))).toBeUndefined();
    between.release();
    await first;
    expect(await second).toMatchObject({ bodyHash: 'hash', result: { callbackId: 'a' } });
  });

  test('of two that wait for each other one begins anew, and both come to their end', async () => {
    const [one, other] = [await booked(world), await booked(world)];
    let tries = 0;
    const crossing = (first: string, second: string): Promise<void> =>
      world.store.transact(async (tx) => {
        tries += 1;
        await tx.lockCallback(first);
        // Both hold their first before either asks for its second.
        if (tries <= 2) await both.enter();
        await tx.lockCallback(second);
      });
    const both = meeting(2);
    await Promise.all([crossing(one.id, other.id), crossing(other.id, one.id)]);
    expect(tries).toBe(3);
  });

  test("an attempt is locked after its callback, and waits for the callback's holder", async () => {
    const callback = await booked(world);
    const attempt = await world.store.transact((tx) => dialled(tx, callback));
    const between = pause();
    const holding = world.store.transact(async (tx) => {
      const locked = await tx.lockCallback(callback.id);
      await between.here();
      if (locked !== undefined) await tx.updateCallback(locked, { hangupRequested: true });
    });
    await between.reached;
    const second = world.store.transact((tx) => tx.lockAttempt(attempt.id));
    await booked(world);
    between.release();
    await holding;
    expect((await second)?.callback.hangupRequested).toBe(true);
    expect(await world.store.transact((tx) => tx.lockAttempt(uuidv7()))).toBeUndefined();
  });

  test('what is known of a call is brought forward, never back', async () => {
    const { agent, conversationId } = await agentOf(world);
    const at = await world.store.transact(async (tx) => tx.now);
    const call = newCall({ agentId: agent.id, conversationId }, at, { status: 'ringing', answeredAt: null });
    const read = (): Promise<unknown> => world.store.transact((tx) => tx.findCall(call.id));
    await world.store.transact((tx) => tx.upsertCall(call));
    await world.store.transact((tx) =>
      tx.upsertCall({ ...call, carrierCallId: `CA${call.id}`, status: 'in_progress', answeredAt: at }),
    );
    await world.store.transact((tx) => tx.upsertCall({ ...call, status: 'completed', endedAt: after(at, 9) }));
    await world.store.transact((tx) => tx.upsertCall({ ...call, carrierCallId: 'CAother', status: 'ringing' }));
    expect(await read()).toMatchObject({
      status: 'completed',
      carrierCallId: `CA${call.id}`,
      answeredAt: at,
      endedAt: after(at, 9),
    });
  });
});

/** Lets all through once so many have come. */
function meeting(people: number) {
  const full = Promise.withResolvers<void>();
  let here = 0;
  return {
    enter: (): Promise<void> => {
      here += 1;
      if (here === people) full.resolve();
      return full.promise;
    },
  };
}

/** Kind and time of the timers of these rows. */
async function timersOf(world: PortWorld, ...ids: string[]): Promise<[string, string | undefined][]> {
  const all = await world.store.timers(null, Temporal.Instant.from('2040-01-01T00:00:00Z'), 10_000);
  return all.filter((row) => ids.includes(row.id)).map((row) => [row.kind, row.fireAt.toString()]);
}
