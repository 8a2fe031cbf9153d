import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, carrierPause, doNotCall, replica, setting } from '../../../db/schema.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { cancelCallback } from '../../../src/callbacks/cancel.ts';
import { addDoNotCall } from '../../../src/callbacks/do-not-call.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { isRingbackError } from '../../../src/errors.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';

let world: CallbackWorld;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.checkInvariants());

test('the intent is committed before anybody may dial', async () => {
  const agent = await world.agent();
  const to = world.person();
  const { callback } = await world.book(agent, to);
  const claimed = await world.dial(callback.id);
  expect(claimed.callback).toMatchObject({
    status: 'dialing',
    nextAttemptAt: null,
    currentAttemptId: claimed.attempt.id,
  });
  expect(await world.store.findAttempt(claimed.attempt.id)).toMatchObject({
    number: 1,
    status: 'sending',
    to,
    from: agent.ownNumber,
    ownerId: world.replicaId,
    ownerEpoch: 1,
  });
  expect(await world.events(callback.id)).toEqual(['callback.changed', 'callback.changed']);
});

test('of twenty who claim at once exactly one dials', async () => {
  const agent = await world.agent();
  for (let round = 0; round < 5; round += 1) {
    const { callback } = await world.book(agent, world.person());
    const claims = await Promise.all(Array.from({ length: 20 }, () => world.claim(callback.id)));
    expect(claims.filter((one) => one.do === 'dial')).toHaveLength(1);
    expect(await world.store.attemptsOf(callback.id)).toHaveLength(1);
  }
});

test('a callback that is cancelled while the timer fires is never dialled, and one that is dialled is not cancelled', async () => {
  const agent = await world.agent();
  const outcomes = { cancelled: 0, dialled: 0 };
  const race = async (first: boolean): Promise<void> => {
    const { callback } = await world.book(agent, world.person());
    const cancelling = () =>
      cancelCallback(world.deps, callback.id, 'operator').then(
        () => true,
        (error: unknown) => {
          if (!isRingbackError(error, 'not_cancellable')) throw error;
          return false;
        },
      );
    const claiming = () => world.claim(callback.id);
    const [accepted, claimed] = first
      ? await Promise.all([cancelling(), claiming()])
      : await Promise.all([claiming(), cancelling()]).then(([a, b]) => [b, a] as const);
    const attempts = await world.store.attemptsOf(callback.id);
    const { status } = (await world.store.find(callback.id)) ?? callback;
    if (accepted) {
      outcomes.cancelled += 1;
      expect({ claimed: claimed.do, status, attempts }).toEqual({ claimed: 'rest', status: 'cancelled', attempts: [] });
    } else {
      outcomes.dialled += 1;
      expect({ claimed: claimed.do, status, attempts: attempts.length }).toEqual({
        claimed: 'dial',
        status: 'dialing',
        attempts: 1,
      });
    }
  };
  for (let batch = 0; batch < 100; batch += 1) {
    await Promise.all(Array.from({ length: 5 }, (_, index) => race((batch + index) % 2 === 0)));
  }
  expect(outcomes.cancelled + outcomes.dialled).toBe(500);
  // A race that only one can win proves nothing.
  expect(Math.min(outcomes.cancelled, outcomes.dialled)).toBeGreaterThan(25);
}, 120_000);

test('one that is not due, or not there, rests', async () => {
  const agent = await world.agent();
  const { callback } = await world.book(agent, world.person(), {
    when: (now) => ({ at: now.add({ seconds: 20 }), zone: 'UTC', zoneNamed: true }),
  });
  expect(await world.claim(callback.id)).toEqual({ do: 'rest', why: 'not_due' });
  expect(await world.claim(uuidv7())).toEqual({ do: 'rest', why: 'nothing' });
  expect(await world.claim(callback.id, { leadMs: 60_000 })).toMatchObject({ do: 'dial' });
});

describe('without a lease nobody claims', () => {
  test.each([
    [
      'run out',
      async (id: string) =>
        void (await world.database
          .sql`update replica set lease_until = now() - interval '1 ms' where id = ${id}::uuid`),
    ],
    [
      'of a higher epoch',
      async (id: string) => void (await world.database.sql`update replica set epoch = 2 where id = ${id}::uuid`),
    ],
    [
      'draining',
      async (id: string) => void (await world.database.sql`update replica set draining = true where id = ${id}::uuid`),
    ],
    ['gone', async (id: string) => void (await world.database.orm.delete(replica).where(eq(replica.id, id)))],
  ])('%s', async (_how, lose) => {
    const { callback } = await world.book(await world.agent(), world.person());
    const ownerId = await world.replica();
    await lose(ownerId);
    expect(await world.claim(callback.id, { ownerId })).toEqual({ do: 'rest', why: 'not_ours' });
    expect(await world.store.find(callback.id)).toEqual(callback);
  });
});

test('two promises to one person are never dialled at the same moment', async () => {
  const [one, other] = [await world.agent(), await world.agent()];
  for (let round = 0; round < 15; round += 1) {
    const to = world.person();
    const promises = [await world.book(one, to), await world.book(other, to)];
    const claims = await Promise.all(promises.map(({ callback }) => world.claim(callback.id)));
    expect(claims.map((claim) => claim.do).toSorted()).toEqual(['dial', 'rest']);
    const rests = promises[claims.findIndex((claim) => claim.do === 'rest')]?.callback.id ?? '';
    const waiting = await world.store.find(rests);
    expect(waiting).toMatchObject({ status: 'scheduled', warning: 'This person is being dialled already; it waits.' });
    expect(await world.store.attemptsOf(rests)).toEqual([]);
  }
});

describe('the last look', () => {
  const looked = async (id: string) => {
    const claimed = await world.claim(id);
    return { ...(await world.store.find(id)), why: claimed.do === 'rest' ? claimed.why : 'dial' };
  };

  test('waits while they are on a call with us, and ten seconds more', async () => {
    const agent = await world.agent();
    const to = world.person();
    const live = await world.inboundCall(agent.id, to, null);
    const { callback } = await world.book(agent, to);
    expect(await looked(callback.id)).toMatchObject({ why: 'wait', status: 'scheduled', attemptsMade: 0 });
    const endedAt = Temporal.Now.instant().round('millisecond');
    await world.database.orm.update(call).set({ endedAt, status: 'completed' }).where(eq(call.id, live));
    await world.database.sql`update callback set next_attempt_at = due_at where id = ${callback.id}::uuid`;
    await world.database.sql`update timer set fire_at = ${callback.dueAt.toString()} where id = ${callback.id}::uuid`;
    const waiting = await looked(callback.id);
    expect(waiting.nextAttemptAt?.equals(endedAt.add({ seconds: 10 }))).toBe(true);
  });

  test('keeps to the day’s cap over all agents, and forgets what was never placed', async () => {
    const [agent, other] = [await world.agent({ policy: { maxDialsPerDay: 1 } }), await world.agent()];
    const to = world.person();
    const first = await world.book(other, to);
    const unplaced = await world.dial(first.callback.id);
    await settleAttempt(world.deps, unplaced.attempt.id, { kind: 'not_placed', detail: 'slow down' });
    await cancelCallback(world.deps, first.callback.id, 'operator');
    const second = await world.book(other, to);
    const { attempt } = await world.dial(second.callback.id);
    await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'busy' });
    const capped = await world.book(agent, to);
    const waiting = await looked(capped.callback.id);
    expect(waiting).toMatchObject({ why: 'wait', warning: 'This person has been dialled 1 times in a day; it waits.' });
    expect(waiting.nextAttemptAt?.equals(attempt.startedAt.add({ hours: 24 }))).toBe(true);
  });

  test('cancels for whom the list names by now, though nobody cancelled it', async () => {
    const to = world.person();
    const { callback } = await world.book(await world.agent(), to);
    await world.database.orm.insert(doNotCall).values({ id: uuidv7(), number: to, reason: 'asked' });
    expect(await looked(callback.id)).toMatchObject({ why: 'cancel', status: 'cancelled', cancelledBy: 'do_not_call' });
  });

  test('ends a retry that may not be dialled any more as a final No answer, and says why', async () => {
    const agent = await world.agent({ policy: { retryDelaysMinutes: { noAnswer: [0], busy: [0], machine: [0] } } });
    const { callback } = await world.book(agent, world.person());
    const { attempt } = await world.dial(callback.id);
    await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'no_answer' });
    await world.database.sql`update phone_number set outbound_enabled = false where agent_id = ${agent.id}::uuid`;
    expect(await looked(callback.id)).toMatchObject({
      why: 'fail',
      status: 'no_answer',
      nextAttemptAt: null,
      failureCode: 'outbound_off',
    });
    expect((await world.store.attemptsOf(callback.id)).map((one) => one.outcome)).toEqual(['no_answer', 'blocked']);
  });

  test('ends what has expired: missed where it was never dialled, else a final No answer', async () => {
    const agent = await world.agent({ policy: { retryDelaysMinutes: { noAnswer: [0], busy: [0], machine: [0] } } });
    const [never, once] = [await world.book(agent, world.person()), await world.book(agent, world.person())];
    const { attempt } = await world.dial(once.callback.id);
    await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'no_answer' });
    await world.database.sql`update callback set expires_at = now() where agent_id = ${agent.id}::uuid`;
    expect(await looked(never.callback.id)).toMatchObject({ why: 'expire', status: 'failed', failureCode: 'missed' });
    expect(await looked(once.callback.id)).toMatchObject({ why: 'expire', status: 'no_answer', nextAttemptAt: null });
  });

  test('ends what has expired as Failed where no attempt ever reached a telephone', async () => {
    const agent = await world.agent({ policy: { retryDelaysMinutes: { noAnswer: [0], busy: [0], machine: [0] } } });
    const [lost, rang] = [await world.book(agent, world.person()), await world.book(agent, world.person())];
    for (const { callback } of [lost, rang]) {
      const { attempt } = await world.dial(callback.id);
      const isLost = callback.id === lost.callback.id;
      await settleAttempt(world.deps, attempt.id, { kind: 'unknown', detail: 'the answer was lost' });
      await settleAttempt(world.deps, attempt.id, isLost ? { kind: 'lost' } : { kind: 'ended', end: 'busy' });
    }
    await world.database.sql`update callback set expires_at = now() where agent_id = ${agent.id}::uuid`;
    const failed = await looked(lost.callback.id);
    expect(failed).toMatchObject({ why: 'expire', status: 'failed', failureCode: 'lost', nextAttemptAt: null });
    expect(failed.failureReason).toMatch(/^No call reached a telephone/);
    expect(await looked(rang.callback.id)).toMatchObject({ status: 'no_answer', failureCode: null });
  });

  test('moves what is outside the hours to the next allowed minute and says so; a waived time is dialled', async () => {
    const local = Temporal.Now.zonedDateTimeISO('America/New_York');
    const hour = (ahead: number): string => `${local.add({ hours: ahead }).toPlainTime().toString().slice(0, 2)}:00`;
    const agent = await world.agent({ policy: { callingHours: { start: hour(6), end: hour(8) } } });
    const waived = await world.book(agent, world.person(), { override: true });
    expect(await world.claim(waived.callback.id)).toMatchObject({ do: 'dial' });
    const { callback } = await world.book(agent, world.person(), { override: true });
    await world.database.sql`update callback set hours_waived_for = null where id = ${callback.id}::uuid`;
    const moved = await looked(callback.id);
    expect(moved).toMatchObject({ why: 'move', status: 'scheduled' });
    expect(moved.warning).toMatch(/calling hours/);
    const next = moved.nextAttemptAt?.toZonedDateTimeISO('America/New_York').toPlainTime().toString();
    expect(next).toBe(`${hour(6)}:00`);
  });

  test('on data that cannot be read fails and says why, and does not come back for ever', async () => {
    const { callback } = await world.book(
      await world.agent({ policy: { callingHours: { start: '00:00', end: '24:00' } } }),
      world.person(),
    );
    await world.database.sql`update callback set time_zone = 'Mars/Phobos' where id = ${callback.id}::uuid`;
    expect(await looked(callback.id)).toMatchObject({ status: 'failed', failureCode: 'bad_data' });
  });

  test('waits while outbound is held or the carrier is paused', async () => {
    const agent = await world.agent({ carrier: 'stuttering' });
    const { callback } = await world.book(agent, world.person());
    await world.database.orm
      .insert(carrierPause)
      .values({ carrier: 'stuttering', reason: 'no credit', since: callback.dueAt });
    expect(await looked(callback.id)).toMatchObject({ why: 'wait', warning: 'The carrier is paused: no credit' });
    const other = await world.book(await world.agent(), world.person());
    await world.database.orm.insert(setting).values({ key: 'outbound_hold', value: 'a restored database' });
    try {
      expect(await looked(other.callback.id)).toMatchObject({ why: 'wait', attemptsMade: 0 });
    } finally {
      await world.database.orm.delete(setting).where(eq(setting.key, 'outbound_hold'));
    }
  });

  test('waits for a line and for vendors', async () => {
    const { callback } = await world.book(await world.agent(), world.person());
    expect(await world.claim(callback.id, { capacityFree: false })).toEqual({ do: 'rest', why: 'wait' });
    expect(await world.claim(callback.id, { leadMs: 60_000, vendorsDown: () => ['STT'] })).toEqual({
      do: 'rest',
      why: 'wait',
    });
    expect(await world.store.find(callback.id)).toMatchObject({ warning: 'STT cannot be reached; it waits.' });
  });

  test('tells that vendors are tried only where it dials', async () => {
    const agent = await world.agent();
    const { callback } = await world.book(agent, world.person());
    const tried: string[] = [];
    const vendorsTried = ({ id }: { id: string }): void => void tried.push(id);
    await world.claim(callback.id, { leadMs: 60_000, capacityFree: false, vendorsTried });
    expect(tried).toEqual([]);
    expect(await world.claim(callback.id, { leadMs: 60_000, vendorsTried })).toMatchObject({ do: 'dial' });
    expect(tried).toEqual([agent.id]);
  });
});

test('do-not-call against the timer: whoever was put on the list before the dial is not dialled', async () => {
  const agent = await world.agent();
  for (let round = 0; round < 40; round += 1) {
    const to = world.person();
    const { callback } = await world.book(agent, to);
    const [claimed, cancelled] = await Promise.all([
      world.claim(callback.id),
      addDoNotCall(world.deps, { number: to, reason: 'asked' }, 'caller'),
    ]);
    const { status } = (await world.store.find(callback.id)) ?? callback;
    expect([claimed.do, status]).toEqual(
      cancelled === 1 || claimed.do === 'rest' ? ['rest', 'cancelled'] : ['dial', 'dialing'],
    );
  }
});
