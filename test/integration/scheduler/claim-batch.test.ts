import { expect, test } from 'vitest';
import { claimBatch } from '../../../src/callbacks/claim.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';

function claimTogether(world: CallbackWorld, callbackIds: readonly string[], linesFree = Infinity) {
  return claimBatch(world.deps, {
    callbackIds,
    ownerId: world.replicaId,
    ownerEpoch: 1,
    leadMs: 20,
    linesFree,
    vendorsDown: () => [],
  });
}

test('callbacks that are claimed together are each dialled, and each by an attempt of its own', async () => {
  await using world = await openCallbackWorld();
  const agent = await world.agent();
  const ids: string[] = [];
  for (let n = 0; n < 12; n += 1) ids.push((await world.book(agent, world.person())).callback.id);
  const claims = await claimTogether(world, ids);
  for (const id of ids) {
    const claim = claims.get(id);
    if (claim?.do !== 'dial') throw new Error('it was to be dialled');
    // What the claim says is what stands in the tables.
    expect(await world.store.find(id)).toEqual({ ...claim.callback, slot: null });
    expect(await world.store.attemptsOf(id)).toEqual([claim.attempt]);
    expect(await world.events(id)).toEqual(['callback.changed', 'callback.changed']);
  }
  await world.checkInvariants();
});

test('two promises to one person that are claimed together: the first is dialled, the other waits', async () => {
  await using world = await openCallbackWorld();
  const [one, other] = [await world.agent(), await world.agent()];
  const person = world.person();
  const first = (await world.book(one, person)).callback.id;
  const second = (await world.book(other, person)).callback.id;
  const claims = await claimTogether(world, [second, first]);
  expect(claims.get(first)?.do).toBe('dial');
  expect(claims.get(second)).toEqual({ do: 'rest', why: 'wait' });
  expect(await world.store.find(second)).toMatchObject({ status: 'scheduled', currentAttemptId: null });
  await world.checkInvariants();
});

test('no more are claimed together than there are lines free', async () => {
  await using world = await openCallbackWorld();
  const agent = await world.agent();
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.push((await world.book(agent, world.person())).callback.id);
  const claims = await claimTogether(world, ids, 2);
  expect([...claims.values()].filter((claim) => claim.do === 'dial')).toHaveLength(2);
  expect((await world.store.counts()).dialing).toBe(2);
  await world.checkInvariants();
});
