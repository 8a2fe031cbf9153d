import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';
import { PhoneLine, talker } from './phone-line.ts';

let world: CallbackWorld;
let line: PhoneLine;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  line = new PhoneLine(world);
});
afterEach(async () => {
  await line[Symbol.asyncDispose]();
  await world.checkInvariants();
});

const callbacksTo = (to: string): Promise<Callback[]> => world.store.list({ to, order: 'asc', limit: 10 });
const only = async (to: string): Promise<Callback> => {
  const [callback, ...others] = await callbacksTo(to);
  if (callback === undefined || others.length > 0) throw new Error('there is not exactly one callback');
  return callback;
};

/** Somebody calls, is promised a call back in half an hour, and hangs up. */
async function promised(policy = {}) {
  const agent = await world.agent({ policy, over: talker });
  const person = world.person();
  const call = await line.ring(agent, person);
  await call.says('Please call me back in 30 minutes about my boiler', /I'll call you back in 30 minutes/);
  await call.hangUp();
  return { agent, person, callback: await only(person) };
}

/** The promise was kept on time, and nobody picked up: a retry is planned. */
async function unanswered() {
  const { agent, person, callback } = await promised();
  await world.database.sql`
    with moved as (update callback set next_attempt_at = now() where id = ${callback.id}::uuid returning id, next_attempt_at)
    update timer set fire_at = moved.next_attempt_at from moved where timer.id = moved.id`;
  // As if their call had been over for a while.
  await world.database.sql`
    update call set started_at = started_at - interval '1 hour', ended_at = ended_at - interval '1 hour'
    where from_number = ${person}`;
  const { attempt } = await world.dial(callback.id);
  await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'no_answer' });
  const missed = await only(person);
  expect(missed).toMatchObject({ status: 'no_answer', attemptsMade: 1 });
  expect(missed.nextAttemptAt).not.toBeNull();
  return { agent, person, callback: missed };
}

const actions = (callback: Callback): Promise<string[]> => world.actions(callback.id);

describe('somebody who rings before their call back is due', () => {
  test('is recognised, and moves it: tomorrow at four is tomorrow at four where they are', async () => {
    const { agent, person, callback } = await promised();
    const again = await line.ring(agent, person);
    await again.says('Hello, it is me again', /about your boiler\. Shall I still call you then\?/);
    await again.says('Make it tomorrow at 4 pm', /I've moved it: I'll call you back tomorrow at 4:00 PM/);
    await again.hangUp();
    const moved = await only(person);
    expect(moved).toMatchObject({ id: callback.id, status: 'scheduled', reason: callback.reason });
    const local = moved.dueAt.toZonedDateTimeISO('America/New_York');
    const tomorrow = Temporal.Now.zonedDateTimeISO('America/New_York').toPlainDate().add({ days: 1 });
    expect(local.toPlainDateTime().toString()).toBe(`${tomorrow.toString()}T16:00:00`);
    expect(again.record.conversationId).toBe(callback.conversationId);
  });

  test('and says "forget it" is not called back', async () => {
    const { agent, person } = await promised();
    const again = await line.ring(agent, person);
    await again.says('Forget it, please', /I've cancelled it/);
    await again.hangUp();
    expect(await only(person)).toMatchObject({ status: 'cancelled', cancelledBy: 'caller', nextAttemptAt: null });
  });

  test('and says nothing of it keeps it', async () => {
    const { agent, person, callback } = await promised();
    const again = await line.ring(agent, person);
    await again.says('Hello', /Shall I still call you then\?/);
    await again.hangUp();
    const after = await only(person);
    expect(after).toMatchObject({ status: 'scheduled', cancelledBy: null });
    expect(after.dueAt.equals(callback.dueAt)).toBe(true);
  });

  test('and wants to be left alone is called by no agent any more', async () => {
    const { agent, person } = await promised();
    await world.book(await world.agent(), person, { when: (now) => later(now) });
    const again = await line.ring(agent, person);
    await again.says('Stop calling me', /this number won't be called again/);
    await again.says('Call me back in 10 minutes', /list of numbers that we never call/);
    await again.hangUp();
    const all = await callbacksTo(person);
    expect(all.map(({ status, cancelledBy }) => `${status} ${cancelledBy}`)).toEqual([
      'cancelled do_not_call',
      'cancelled do_not_call',
    ]);
  });
});

describe('somebody who rings after nobody answered our call', () => {
  test('and speaks with us is not called again', async () => {
    const { agent, person, callback } = await unanswered();
    const again = await line.ring(agent, person);
    await again.says('Hello, you called me', /Shall I still call you then\?/);
    await again.hangUp();
    expect(await only(person)).toMatchObject({
      id: callback.id,
      status: 'cancelled',
      cancelledBy: 'caller_returned',
      attemptsMade: 1,
      nextAttemptAt: null,
    });
  });

  test('and hangs up without a word is called again', async () => {
    const { agent, person, callback } = await unanswered();
    const again = await line.ring(agent, person);
    await again.hangUp();
    expect(await only(person)).toEqual(callback);
  });

  test('and wants the call still is called at the time of the retry, as a promise anew', async () => {
    const { agent, person, callback } = await unanswered();
    const again = await line.ring(agent, person);
    await again.says('Hello', /Shall I still call you then\?/);
    await again.says('Yes please', /It stays as it is: I'll call you back in 15 minutes/);
    await again.hangUp();
    const kept = await only(person);
    expect(kept).toMatchObject({ id: callback.id, status: 'scheduled', attemptsMade: 0, cancelledBy: null });
    expect(kept.nextAttemptAt?.equals(callback.nextAttemptAt ?? callback.dueAt)).toBe(true);
    expect((await actions(kept)).at(-1)).toBe('callback.kept');
  });

  test('and moves it is called at that time', async () => {
    const { agent, person } = await unanswered();
    const again = await line.ring(agent, person);
    await again.says('Can you make it in 50 minutes?', /I've moved it: I'll call you back in 50 minutes/);
    await again.hangUp();
    expect(await only(person)).toMatchObject({ status: 'scheduled', attemptsMade: 0, cancelledBy: null });
  });
});

test('a caller whose number anybody could have written there hears of the promise, not of what was said', async () => {
  const { agent, person } = await promised();
  const again = await line.ring(agent, person, 'partial');
  await again.says('What did I say last time?', /Shall I still call you then\?/);
  await again.says('What did I say?', /You said: "What did I say last time\?/);
  await again.hangUp();
});

test('a hidden caller hears why they cannot be called back, and nothing is booked', async () => {
  const agent = await world.agent({ over: talker });
  const call = await line.ring(agent, null);
  await call.says('Call me back in 10 minutes', /your number is hidden from me/);
  await call.says('Never call me again', /your number is hidden from me/);
  await call.hangUp();
  expect(await world.store.list({ agentId: agent.id, order: 'asc', limit: 10 })).toEqual([]);
});

test('a wish that is answered again, since the process died after it was booked, is booked once', async () => {
  const agent = await world.agent({ over: talker });
  const person = world.person();
  const first = await line.ring(agent, person);
  await first.says('Call me back in 30 minutes', /I'll call you back in 30 minutes/);
  const booked = await only(person);
  // The process died before it stored more than what they had said.
  const turns = await line.records.turns(first.record.id);
  const wish = turns.findLast(({ role }) => role === 'caller')?.index ?? -1;
  await line[Symbol.asyncDispose]();
  await world.database.sql`delete from turn where call_id = ${first.record.id}::uuid and turn_index > ${wish}`;
  await world.database.sql`
    update call set ended_at = null, end_reason = null, status = 'in_progress', replica_id = null
    where id = ${first.record.id}::uuid`;

  line = new PhoneLine(world);
  const second = await line.connect(first.record);
  await second.hears(/I'll call you back in (?:30|29) minutes/);
  await second.hangUp();
  const after = await only(person);
  expect(after.dueAt.equals(booked.dueAt)).toBe(true);
  expect(await actions(after)).toEqual(['callback.booked']);
});

test('on our own dial the person is asked for, then the matter comes, and a wish that stands is not booked again', async () => {
  const { person, callback } = await promised();
  await world.database.sql`
    with moved as (update callback set next_attempt_at = now(), due_at = now() where id = ${callback.id}::uuid returning id, next_attempt_at)
    update timer set fire_at = moved.next_attempt_at from moved where timer.id = moved.id`;
  await world.database.sql`update call set ended_at = ended_at - interval '1 hour' where from_number = ${person}`;
  const { attempt } = await world.dial(callback.id);
  const call = await line.answered(attempt);
  await call.hears(/Am I speaking with the person who asked for this call\?/);
  await call.says('Yes', /about your boiler/);
  await call.says('Cancel it', /that very call|won't/);
  await call.hangUp();
  await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'hung_up' });
  expect(await only(person)).toMatchObject({ status: 'completed' });
});

function later(now: Temporal.Instant) {
  return { at: now.add({ hours: 1 }), zone: 'America/New_York', zoneNamed: true };
}
