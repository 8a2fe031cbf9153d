import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cancelCallback } from '../../../src/callbacks/cancel.ts';
import { dialNow, moveCallback } from '../../../src/callbacks/move.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';

let world: CallbackWorld;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.checkInvariants());

/** One callback in each status that there is. */
const inStatus: Record<string, () => Promise<Callback>> = {
  scheduled: async () => (await world.book(await world.agent(), world.person())).callback,
  dialing: async () => (await world.dial((await inStatus['scheduled']?.())?.id ?? '')).callback,
  'no answer with a retry planned': () => dialledTo({ kind: 'ended', end: 'no_answer' }, 2),
  'a final no answer': () => dialledTo({ kind: 'ended', end: 'no_answer' }, 1),
  completed: () => dialledTo({ kind: 'opening' }, 3),
  failed: () => dialledTo({ kind: 'ended', end: 'invalid_number' }, 3),
  cancelled: async () => cancelCallback(world.deps, (await inStatus['scheduled']?.())?.id ?? '', 'operator'),
};

async function dialledTo(evidence: Parameters<typeof settleAttempt>[2], maxAttempts: number): Promise<Callback> {
  const { callback } = await world.book(await world.agent({ policy: { maxAttempts } }), world.person());
  const { attempt } = await world.dial(callback.id);
  await settleAttempt(world.deps, attempt.id, evidence);
  await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'hung_up' });
  return (await world.store.find(callback.id)) ?? callback;
}

describe.each([
  ['scheduled', null],
  ['no answer with a retry planned', null],
  ['dialing', 'being dialled'],
  ['a final no answer', 'finally unanswered'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
])('a callback that is %s', (status, refusedAs) => {
  const make = (): Promise<Callback> => inStatus[status]?.() ?? Promise.reject(new Error('no such status'));

  test('is cancelled for good, or refused with its status in words', async () => {
    const before = await make();
    const cancelling = cancelCallback(world.deps, before.id, 'operator');
    if (refusedAs === null) {
      await expect(cancelling).resolves.toMatchObject({
        status: 'cancelled',
        cancelledBy: 'operator',
        nextAttemptAt: null,
      });
      await expect(cancelCallback(world.deps, before.id, 'api')).rejects.toMatchObject({ code: 'not_cancellable' });
      expect(await world.claim(before.id)).toEqual({ do: 'rest', why: 'nothing' });
    } else {
      await expect(cancelling).rejects.toMatchObject({
        code: 'not_cancellable',
        message: `a callback that is ${refusedAs} cannot be cancelled`,
      });
      expect(await world.store.find(before.id)).toEqual(before);
    }
  });

  test('is moved and starts anew, or is refused', async () => {
    const before = await make();
    const dueAt = before.dueAt.add({ hours: 3 });
    const moving = moveCallback(world.deps, before.id, { dueAt, override: false }, 'operator');
    if (refusedAs === null) {
      await expect(moving).resolves.toMatchObject({ status: 'scheduled', attemptsMade: 0, releases: 0, warning: null });
      const after = await world.store.find(before.id);
      expect(after?.nextAttemptAt?.equals(dueAt)).toBe(true);
      expect(after?.expiresAt.equals(dueAt.add({ hours: 24 }))).toBe(true);
      expect((await world.actions(before.id)).at(-1)).toBe('callback.moved');
    } else await expect(moving).rejects.toMatchObject({ code: 'not_reschedulable' });
  });

  test('is dialled now, or is refused', async () => {
    const before = await make();
    const dialling = dialNow(world.deps, before.id, { override: false }, 'operator');
    if (refusedAs === null) {
      const after = await dialling;
      expect(after).toEqual({ ...before, nextAttemptAt: after.nextAttemptAt, updatedAt: after.updatedAt });
      expect(await world.claim(before.id)).toMatchObject({ do: 'dial' });
    } else await expect(dialling).rejects.toMatchObject({ code: 'not_dialable' });
  });
});

test('what does not exist is said to be so', async () => {
  const id = '018f0000-0000-7000-8000-00000000ffff';
  const when = { dueAt: Temporal.Now.instant(), override: false };
  await expect(cancelCallback(world.deps, id, 'api')).rejects.toMatchObject({ code: 'callback_not_found' });
  await expect(moveCallback(world.deps, id, when, 'api')).rejects.toMatchObject({ code: 'callback_not_found' });
  await expect(dialNow(world.deps, id, when, 'api')).rejects.toMatchObject({ code: 'callback_not_found' });
});

test('a moved callback has all its attempts again, and its retries start with the first delay', async () => {
  const agent = await world.agent({ policy: { maxAttempts: 2 } });
  const { callback } = await world.book(agent, world.person());
  const missed = async () => {
    const { attempt } = await world.dial(callback.id);
    await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'no_answer' });
    return world.store.find(callback.id);
  };
  await missed();
  await moveCallback(world.deps, callback.id, { dueAt: callback.dueAt.add({ seconds: 1 }), override: false }, 'api');
  await dialNow(world.deps, callback.id, { override: false }, 'api');
  const again = await missed();
  expect(again).toMatchObject({ status: 'no_answer', attemptsMade: 1 });
  const attempts = await world.store.attemptsOf(callback.id);
  expect(attempts.map((attempt) => attempt.number)).toEqual([1, 2]);
  const delay = again?.nextAttemptAt?.since(attempts[1]?.endedAt ?? callback.dueAt).total('minutes');
  expect(delay).toBe(15);
  await dialNow(world.deps, callback.id, { override: false }, 'api');
  expect(await missed()).toMatchObject({ status: 'no_answer', attemptsMade: 2, nextAttemptAt: null });
});

test('up to a minute past is now, more is refused', async () => {
  const { callback } = await world.book(await world.agent(), world.person());
  const ago = (seconds: number) => ({ dueAt: Temporal.Now.instant().subtract({ seconds }), override: false });
  await expect(moveCallback(world.deps, callback.id, ago(62), 'api')).rejects.toMatchObject({ code: 'due_in_past' });
  const moved = await moveCallback(world.deps, callback.id, ago(50), 'api');
  expect(moved.dueAt.since(Temporal.Now.instant()).abs().total('seconds')).toBeLessThan(10);
});

test('moving one that nothing can dial keeps its warning', async () => {
  const { callback } = await world.book(await world.agent({ outbound: false }), world.person());
  const dueAt = callback.dueAt.add({ hours: 1 });
  const moved = await moveCallback(world.deps, callback.id, { dueAt, override: false }, 'api');
  expect(moved.warning).toBe(callback.warning);
  expect(moved.warning).not.toBeNull();
});

test('moving past the horizon is refused, and outside the hours needs the override', async () => {
  const local = Temporal.Now.zonedDateTimeISO('America/New_York');
  const hour = (ahead: number): string => `${local.add({ hours: ahead }).toPlainTime().toString().slice(0, 2)}:00`;
  const agent = await world.agent({ policy: { callingHours: { start: hour(-1), end: hour(3) }, horizonDays: 3 } });
  const { callback } = await world.book(agent, world.person());
  const to = (hours: number, override = false) =>
    moveCallback(world.deps, callback.id, { dueAt: callback.dueAt.add({ hours }), override }, 'api');
  await expect(to(73)).rejects.toMatchObject({ code: 'beyond_horizon' });
  await expect(to(8)).rejects.toMatchObject({ code: 'outside_calling_hours' });
  const moved = await to(8, true);
  expect(moved.hoursWaivedFor?.equals(moved.dueAt)).toBe(true);
  expect((await to(1)).hoursWaivedFor).toBeNull();
});
