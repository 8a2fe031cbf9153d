import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { turn } from '../../../db/schema.ts';
import { settleReturn } from '../../../src/callbacks/on-return.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';

let world: CallbackWorld;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.checkInvariants());

/** Nobody answered so many seconds ago, and the retry is due now. */
async function missed(secondsAgo = 600) {
  const agent = await world.agent({ policy: { retryDelaysMinutes: { noAnswer: [0], busy: [0], machine: [0] } } });
  const { callback } = await world.book(agent, world.person());
  const { attempt } = await world.dial(callback.id);
  await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'no_answer' });
  await world.database.sql`
    update attempt set started_at = started_at - make_interval(secs => ${secondsAgo}),
      ended_at = ended_at - make_interval(secs => ${secondsAgo})
    where id = ${attempt.id}::uuid`;
  return { agent, callback };
}

/** An inbound call of theirs that ended so many seconds ago. */
async function theirCall(agentId: string, person: string, endedSecondsAgo: number | null, words: string | null = 'Hi') {
  const id = await world.inboundCall(agentId, person, endedSecondsAgo);
  if (words !== null) {
    const startedAt = Temporal.Now.instant();
    await world.database.orm.insert(turn).values({ callId: id, index: 0, role: 'caller', text: words, startedAt });
  }
  return id;
}

const status = async (id: string) => {
  const callback = await world.store.find(id);
  return `${callback?.status} ${callback?.cancelledBy}`;
};

test('whoever came back and spoke is not called again, and is told of once', async () => {
  const { agent, callback } = await missed();
  const callId = await theirCall(agent.id, callback.to, 30);
  const told = await Promise.all([1, 2, 3].map(() => settleReturn(world.deps, callId)));
  expect(told.filter(Boolean)).toHaveLength(1);
  expect(await status(callback.id)).toBe('cancelled caller_returned');
  expect((await world.actions(callback.id)).filter((action) => action === 'callback.cancelled')).toHaveLength(1);
});

test.each([
  ['that still lives', null, 'Hi'],
  ['in which they said nothing', 30, null],
  ['that was over before we called them', 700, 'Hi'],
] as const)('a call %s ends no promise', async (_which, endedSecondsAgo, words) => {
  const { agent, callback } = await missed();
  const callId = await theirCall(agent.id, callback.to, endedSecondsAgo, words);
  expect(await settleReturn(world.deps, callId)).toBe(false);
  expect(await status(callback.id)).toBe('no_answer null');
});

test('a call to another agent, or of somebody else, ends no promise', async () => {
  const { agent, callback } = await missed();
  expect(await settleReturn(world.deps, await theirCall((await world.agent()).id, callback.to, 30))).toBe(false);
  expect(await settleReturn(world.deps, await theirCall(agent.id, world.person(), 30))).toBe(false);
  expect(await status(callback.id)).toBe('no_answer null');
  expect(await world.claim(callback.id)).toMatchObject({ do: 'dial' });
});

test('one that is scheduled stays, though they called', async () => {
  const agent = await world.agent();
  const { callback } = await world.book(agent, world.person());
  expect(await settleReturn(world.deps, await theirCall(agent.id, callback.to, 30))).toBe(false);
  expect(await status(callback.id)).toBe('scheduled null');
});

test('where the process died at their hang-up, the last look finds out before it dials', async () => {
  const { agent, callback } = await missed();
  await theirCall(agent.id, callback.to, 30);
  expect(await world.claim(callback.id)).toEqual({ do: 'rest', why: 'cancel' });
  expect(await status(callback.id)).toBe('cancelled caller_returned');
});

test.each([
  ['nobody answered', { kind: 'ended', end: 'no_answer' }],
  ['it was never placed', { kind: 'not_placed', detail: 'the carrier was busy' }],
] as const)(
  'whoever calls and is gone again while they are being dialled is not dialled again: %s',
  async (_how, end) => {
    const { agent, callback } = await missed();
    const { attempt } = await world.dial(callback.id);
    const callId = await theirCall(agent.id, callback.to, 0);
    // It is being dialled: there is nothing yet that could be cancelled.
    expect(await settleReturn(world.deps, callId)).toBe(false);
    await settleAttempt(world.deps, attempt.id, end);
    expect(await status(callback.id)).toBe('cancelled caller_returned');
    expect((await world.actions(callback.id)).filter((action) => action === 'callback.cancelled')).toHaveLength(1);
  },
);

test('a promise that was never dialled stays, though they called while its dial could not be placed', async () => {
  const agent = await world.agent();
  const { callback } = await world.book(agent, world.person());
  const { attempt } = await world.dial(callback.id);
  await theirCall(agent.id, callback.to, 0);
  await settleAttempt(world.deps, attempt.id, { kind: 'not_placed', detail: 'the carrier was busy' });
  expect(await status(callback.id)).toBe('scheduled null');
});

test('within ten seconds of their hang-up nothing is decided: what they said may still be on its way', async () => {
  const { agent, callback } = await missed();
  await theirCall(agent.id, callback.to, 2);
  expect(await world.claim(callback.id)).toEqual({ do: 'rest', why: 'wait' });
  expect(await status(callback.id)).toBe('no_answer null');
});
