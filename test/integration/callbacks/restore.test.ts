import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Carrier, FoundCall } from '../../../src/carriers/carrier.ts';
import { restoreAttempt, type LostCall } from '../../../src/callbacks/restore.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { matchRecentCalls } from '../../../src/scheduler/failover.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';

let world: CallbackWorld;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.checkInvariants());

const lost = (callbackId: string, carrierCallId: string): LostCall => ({
  callbackId,
  attemptId: null,
  attemptNumber: 1,
  carrier: 'phone',
  carrierCallId,
  from: null,
});

test('a call whose attempt was lost is written down again, once, and nobody else dials it', async () => {
  const { callback } = await world.book(await world.agent(), world.person());
  const restored = await restoreAttempt(world.deps, lost(callback.id, 'CA-lost'));
  expect(restored?.callback).toMatchObject({ status: 'dialing', currentAttemptId: restored?.attempt.id });
  const again = await restoreAttempt(world.deps, lost(callback.id, 'CA-lost'));
  expect(again?.attempt.id).toBe(restored?.attempt.id);
  expect(await world.claim(callback.id)).toMatchObject({ do: 'rest' });
  expect(await world.store.attemptsOf(callback.id)).toHaveLength(1);
});

test('a call that is known as that of an earlier promise says nothing of the one that was booked in it', async () => {
  const agent = await world.agent();
  const person = world.person();
  const { callback: earlier } = await world.book(agent, person);
  const { attempt } = await world.dial(earlier.id);
  for (const evidence of [{ kind: 'opening' }, { kind: 'ended', end: 'hung_up' }] as const)
    await settleAttempt(world.deps, attempt.id, evidence, { carrierCallId: 'CA-known' });
  const { callback } = await world.book(agent, person);
  await match([callback], [{ carrierCallId: 'CA-known', state: { ended: 'hung_up' } }]);
  expect(await world.store.find(callback.id)).toMatchObject({ status: 'scheduled', currentAttemptId: null });
  expect(await world.store.attemptsOf(callback.id)).toEqual([]);
});

test('of several calls to one person each promise finds one that no other has', async () => {
  const person = world.person();
  const booked = [];
  for (const agent of [await world.agent(), await world.agent()])
    booked.push((await world.book(agent, person)).callback);
  const ended = { ended: 'no_answer' } as const;
  await match(booked, [
    { carrierCallId: 'CA-newer', state: ended },
    { carrierCallId: 'CA-older', state: ended },
  ]);
  const attempts = await Promise.all(booked.map(({ id }) => world.store.attemptsOf(id)));
  expect(attempts.map((made) => made.length)).toEqual([1, 1]);
  expect(new Set(attempts.flat().map(({ carrierCallId }) => carrierCallId))).toEqual(new Set(['CA-newer', 'CA-older']));
  for (const { id } of booked)
    expect(await world.store.find(id)).toMatchObject({ status: 'no_answer', attemptsMade: 1 });
});

/** As after a failover, one promise after the other: the carrier lists these calls to everybody. */
async function match(callbacks: readonly Callback[], calls: readonly FoundCall[]): Promise<void> {
  const carrier: Pick<Carrier, 'name' | 'reaches' | 'findTo'> = {
    name: 'phone',
    reaches: () => true,
    findTo: () => Promise.resolve(calls),
  };
  for (const callback of callbacks)
    await matchRecentCalls(
      {
        callbacks: world.deps,
        carriers: () => [carrier as Carrier],
        due: (afterId) => Promise.resolve(afterId === null ? [callback] : []),
        deadlineMs: 1_000,
        onPage: () => Promise.resolve(),
        clock: new SimClock(),
        log: quietLog(),
      },
      callback.createdAt,
    );
}
