import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Carrier, FoundCall } from '../../../src/carriers/carrier.ts';
import { restoreAttempt, type LostCall } from '../../../src/callbacks/restore.ts';
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
  const found: FoundCall = { carrierCallId: 'CA-known', state: { ended: 'hung_up' } };
  const carrier: Pick<Carrier, 'name' | 'reaches' | 'findTo'> = {
    name: 'phone',
    reaches: () => true,
    findTo: () => Promise.resolve(found),
  };
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
  expect(await world.store.find(callback.id)).toMatchObject({ status: 'scheduled', currentAttemptId: null });
  expect(await world.store.attemptsOf(callback.id)).toEqual([]);
});
