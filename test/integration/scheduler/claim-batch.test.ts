import { expect, test } from 'vitest';
import { claimBatch } from '../../../src/callbacks/claim.ts';
import { LineShare } from '../../../src/scheduler/line-share.ts';
import { SimClock } from '../../support/sim-clock.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';

function claimTogether(world: CallbackWorld, callbackIds: readonly string[], linesFree = Infinity, share?: LineShare) {
  return claimBatch(world.deps, {
    callbackIds,
    ownerId: world.replicaId,
    ownerEpoch: 1,
    leadMs: 20,
    linesFree,
    vendorsDown: () => [],
    ...(share === undefined ? {} : { share }),
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

test('a flood of one agent does not keep another agent’s callback from the next line', async () => {
  await using world = await openCallbackWorld();
  const share = new LineShare(new SimClock());
  const [busy, quiet] = [await world.agent(), await world.agent()];
  const flood: string[] = [];
  for (let n = 0; n < 12; n += 1) flood.push((await world.book(busy, world.person())).callback.id);
  const single = (await world.book(quiet, world.person())).callback.id;
  const due = async (): Promise<void> =>
    void (await world.database.sql`
      with moved as (update callback set next_attempt_at = due_at where status = 'scheduled' returning id, due_at)
      update timer set fire_at = moved.due_at from moved where timer.id = moved.id`);
  const dialled = async (ids: readonly string[], lines: number): Promise<string[]> => {
    const claims = await claimTogether(world, ids, lines, share);
    await due();
    return [...claims].filter(([, claim]) => claim.do === 'dial').map(([id]) => id);
  };
  // The flood was there first, and has the lines.
  expect(await dialled(flood.slice(0, 6), 2)).toEqual(flood.slice(0, 2));
  expect(await dialled([single], 0)).toEqual([]);
  // The next line is not for the eleventh of the flood, however soon it looks; a second one may be.
  expect(await dialled(flood.slice(6), 1)).toEqual([]);
  expect(await dialled(flood.slice(6), 2)).toEqual([flood[6]]);
  expect(await dialled([...flood.slice(7), single], 1)).toEqual([single]);
  // Nobody else waits any more: the flood goes on, in the order of its times.
  expect(await dialled(flood.slice(7), 2)).toEqual(flood.slice(7, 9));
  await world.checkInvariants();
});
