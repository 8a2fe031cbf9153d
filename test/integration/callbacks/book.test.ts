import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { doNotCall, phoneNumber } from '../../../db/schema.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { addDoNotCall } from '../../../src/callbacks/do-not-call.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';

let world: CallbackWorld;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.checkInvariants());

const inMinutes = (minutes: number) => (now: Temporal.Instant) => ({
  at: now.add({ seconds: Math.round(minutes * 60) }),
  zone: 'America/New_York',
  zoneNamed: true,
});
/** An hour of New York that lies six hours ahead, so that now is outside. */
function hoursAhead(): { start: string; end: string } {
  const local = Temporal.Now.zonedDateTimeISO('America/New_York');
  const clock = (ahead: number): string => local.add({ hours: ahead }).toPlainTime().toString().slice(0, 2);
  return { start: `${clock(6)}:00`, end: `${clock(8)}:00` };
}

test('a booking waits for its time, from a number that can dial, in a conversation of its own', async () => {
  const agent = await world.agent();
  const to = world.person();
  const { callback, moved } = await world.book(agent, ` ${to.slice(0, 5)} ${to.slice(5)}`, { when: inMinutes(30) });
  expect(moved).toBe(false);
  expect(callback).toMatchObject({ status: 'scheduled', to, from: agent.ownNumber, warning: null, attemptsMade: 0 });
  expect(callback.nextAttemptAt?.equals(callback.dueAt)).toBe(true);
  expect(callback.expiresAt.since(callback.dueAt).total('hours')).toBe(24);
  expect(await world.events(callback.id)).toEqual(['callback.changed']);
  expect(await world.actions(callback.id)).toEqual(['callback.booked']);
});

test('booking again by voice moves the promise, keeps its history, and attempts start anew', async () => {
  const agent = await world.agent();
  const to = world.person();
  const first = await world.book(agent, to);
  const { attempt } = await world.dial(first.callback.id);
  await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'no_answer' });
  const again = await world.book(agent, to, { by: 'caller', when: inMinutes(90), reason: 'another matter' });
  expect(again.moved).toBe(true);
  expect(again.callback).toMatchObject({
    id: first.callback.id,
    conversationId: first.callback.conversationId,
    status: 'scheduled',
    attemptsMade: 0,
    reason: 'another matter',
  });
  expect(again.callback.nextAttemptAt?.equals(again.callback.dueAt)).toBe(true);
  expect(await world.actions(first.callback.id)).toEqual(['callback.booked', 'callback.moved']);
  expect(await world.store.attemptsOf(first.callback.id)).toHaveLength(1);
});

test('through the API a second booking is refused and names the first', async () => {
  const agent = await world.agent();
  const to = world.person();
  const { callback } = await world.book(agent, to);
  await expect(world.book(agent, to, { when: inMinutes(5) })).rejects.toMatchObject({
    code: 'open_callback_exists',
    details: { callbackId: callback.id },
  });
  const other = await world.agent();
  await expect(world.book(other, to)).resolves.toMatchObject({ moved: false });
});

test('a callback that is being dialled does not count: the person books the next one', async () => {
  const agent = await world.agent();
  const to = world.person();
  const { callback } = await world.book(agent, to);
  await world.dial(callback.id);
  const next = await world.book(agent, to, { by: 'caller', when: inMinutes(60) });
  expect(next).toMatchObject({ moved: false });
  expect(next.callback.id).not.toBe(callback.id);
});

describe('the same key', () => {
  test('delivered many times at once makes one callback, and says the same each time', async () => {
    const agent = await world.agent();
    const to = world.person();
    const key = `call:${uuidv7()}:3:0`;
    const all = await Promise.all(
      Array.from({ length: 8 }, () => world.book(agent, to, { by: 'caller', key, body: { in_minutes: 5 } })),
    );
    expect(new Set(all.map((one) => one.callback.id)).size).toBe(1);
    expect(all.map((one) => one.moved)).toEqual(Array.from({ length: 8 }, () => false));
    expect(await world.actions(all[0]?.callback.id ?? '')).toEqual(['callback.booked']);
  });

  test('with other words from the model is still the same call of the tool', async () => {
    const agent = await world.agent();
    const to = world.person();
    const key = `call:${uuidv7()}:3:0`;
    const first = await world.book(agent, to, { by: 'caller', key, body: 'in five' });
    const again = await world.book(agent, to, { by: 'caller', key, body: 'in 5', when: inMinutes(600) });
    expect(again.callback.dueAt.equals(first.callback.dueAt)).toBe(true);
  });

  test('with another body through the API is an error, with the same body the same callback', async () => {
    const agent = await world.agent();
    const to = world.person();
    const key = `api:${uuidv7()}`;
    const first = await world.book(agent, to, { key, body: { to } });
    await expect(world.book(agent, to, { key, body: { to } })).resolves.toMatchObject({
      callback: { id: first.callback.id },
    });
    await expect(world.book(agent, to, { key, body: { to, more: true } })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
  });
});

test('two who book the same person at once leave one promise: the voice moves it, the API is refused', async () => {
  const agent = await world.agent();
  for (let round = 0; round < 10; round += 1) {
    const to = world.person();
    const voices = await Promise.all(
      [1, 2, 3].map((minutes) => world.book(agent, to, { by: 'caller', when: inMinutes(minutes) })),
    );
    expect(new Set(voices.map((one) => one.callback.id)).size).toBe(1);
    expect(voices.filter((one) => !one.moved)).toHaveLength(1);
  }
  const to = world.person();
  const clients = await Promise.allSettled([1, 2, 3].map(() => world.book(agent, to)));
  expect(clients.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  for (const one of clients) {
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'open_callback_exists' });
  }
});

test('in a crowd each is booked, moved or refused as if it had come alone', async () => {
  const [agent, other] = [await world.agent(), await world.agent()];
  const [mover, taken, listed] = [world.person(), world.person(), world.person()];
  const first = await world.book(agent, mover);
  await world.book(agent, taken);
  await addDoNotCall(world.deps, { number: listed, reason: 'asked' }, 'operator');
  const fresh = Array.from({ length: 12 }, () => world.person());
  const crowd = await Promise.allSettled([
    ...fresh.map((to, index) => world.book(index % 2 === 0 ? agent : other, to, { key: index < 6 ? uuidv7() : null })),
    world.book(agent, mover, { by: 'caller' }),
    world.book(other, taken),
    world.book(agent, taken),
    world.book(agent, listed),
  ]);
  expect(crowd.map(({ status }) => status)).toEqual([
    ...fresh.map(() => 'fulfilled'),
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ]);
  for (const [index, end] of crowd.slice(0, 12).entries()) {
    if (end.status === 'rejected') throw end.reason;
    const { id, from } = end.value.callback;
    expect(from).toBe(index % 2 === 0 ? agent.ownNumber : other.ownNumber);
    expect(await world.store.find(id)).toEqual(end.value.callback);
    expect(await world.actions(id)).toEqual(['callback.booked']);
    expect(await world.events(id)).toEqual(['callback.changed']);
  }
  const moved = crowd[12];
  expect(moved?.status === 'fulfilled' && moved.value.moved ? moved.value.callback.id : 'not moved').toBe(
    first.callback.id,
  );
});

test('what the audit log keeps of a booking can be asked for by its parts', async () => {
  const agent = await world.agent();
  const { callback } = await world.book(agent, world.person());
  const [line] = await world.database.sql<{ due: string; before: unknown }[]>`
    select after ->> 'dueAt' as due, before from audit where subject_id = ${callback.id}`;
  expect(line).toEqual({ due: callback.dueAt.toString(), before: null });
});

describe('what is refused', () => {
  test('a number on the do-not-call list', async () => {
    const agent = await world.agent();
    const to = world.person();
    await addDoNotCall(
      world.deps,
      { number: `${to.slice(0, 2)} (${to.slice(2, 5)}) ${to.slice(5)}`, reason: 'asked' },
      'caller',
    );
    await expect(world.book(agent, to)).rejects.toMatchObject({ code: 'on_do_not_call' });
  });

  test('a country that is not allowed, a premium number, and what is no number', async () => {
    const agent = await world.agent();
    for (const to of ['+442071234567', '+19005550123', '911']) {
      await expect(world.book(agent, to)).rejects.toMatchObject({ code: 'number_not_allowed' });
    }
  });

  test('a time past the horizon', async () => {
    const agent = await world.agent({ policy: { horizonDays: 2 } });
    const to = world.person();
    await expect(world.book(agent, to, { when: inMinutes(2 * 1440 + 0.1) })).rejects.toMatchObject({
      code: 'beyond_horizon',
    });
    await expect(world.book(agent, to, { when: inMinutes(2 * 1440) })).resolves.toMatchObject({ moved: false });
  });

  test('a call to come from that does not exist', async () => {
    const agent = await world.agent();
    await expect(world.book(agent, world.person(), { originCallId: uuidv7() })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('outside the calling hours', () => {
  test('it is refused with the next allowed time, and booked when confirmed or overridden', async () => {
    const callingHours = hoursAhead();
    const agent = await world.agent({ policy: { callingHours } });
    const to = world.person();
    const refused = world.book(agent, to);
    await expect(refused).rejects.toMatchObject({ code: 'outside_calling_hours', details: { mayConfirm: true } });
    const suggestion = await refused.then(
      () => '',
      (error: { details: { suggestion: string } }) => error.details.suggestion,
    );
    const local = Temporal.Instant.from(suggestion).toZonedDateTimeISO('America/New_York');
    expect(local.toPlainTime().toString().slice(0, 5)).toBe(callingHours.start);
    const { callback } = await world.book(agent, to, { override: true });
    expect(callback.hoursWaivedFor?.equals(callback.dueAt)).toBe(true);
  });

  test('a policy that refuses is not overridden', async () => {
    const agent = await world.agent({ policy: { callingHours: hoursAhead(), outsideHours: 'refuse' } });
    await expect(world.book(agent, world.person(), { override: true, confirmed: true })).rejects.toMatchObject({
      details: { mayConfirm: false },
    });
  });

  test('a wish within two hours of the inbound call that began the chain is honoured', async () => {
    const agent = await world.agent({ policy: { callingHours: hoursAhead(), outsideHours: 'refuse' } });
    const to = world.person();
    const recent = await world.inboundCall(agent.id, to, 3_600);
    const honoured = await world.book(agent, to, { by: 'caller', originCallId: recent, when: inMinutes(50) });
    expect(honoured.callback.hoursWaivedFor?.equals(honoured.callback.dueAt)).toBe(true);
    // Told on the callback's own call, the two hours still count from the inbound one.
    const first = await world.book(agent, to, { by: 'caller', originCallId: recent });
    const { attempt } = await world.dial(first.callback.id);
    await settleAttempt(world.deps, attempt.id, { kind: 'opening' }, { carrierCallId: uuidv7() });
    const chained = { by: 'caller', originCallId: attempt.callId } as const;
    await expect(world.book(agent, to, { ...chained, when: inMinutes(61) })).rejects.toMatchObject({
      code: 'outside_calling_hours',
    });
    await expect(world.book(agent, to, { ...chained, when: inMinutes(59) })).resolves.toMatchObject({ moved: false });
  });
});

describe('with no number that can dial', () => {
  test('it is booked all the same, with a loud warning, and fails at its time unless one is switched on', async () => {
    const agent = await world.agent({ outbound: false });
    const [lost, saved] = [world.person(), world.person()];
    const one = await world.book(agent, lost);
    const other = await world.book(agent, saved);
    expect(one.callback.warning).toMatch(/outbound switched on/);
    expect(await world.claim(one.callback.id)).toEqual({ do: 'rest', why: 'fail' });
    expect(await world.store.find(one.callback.id)).toMatchObject({ status: 'failed', failureCode: 'outbound_off' });
    expect(await world.store.attemptsOf(one.callback.id)).toMatchObject([{ outcome: 'blocked', counted: false }]);
    await world.database.orm
      .update(phoneNumber)
      .set({ outboundEnabled: true })
      .where(eq(phoneNumber.agentId, agent.id));
    expect(await world.claim(other.callback.id)).toMatchObject({ do: 'dial', attempt: { from: agent.ownNumber } });
  });

  test('a number that names no agent is the default agent’s, for dialling too', async () => {
    const agent = await world.agent({ outbound: false, over: { isDefault: true } });
    const other = await world.agent({ outbound: false });
    await world.database.orm.insert(phoneNumber).values({
      id: uuidv7(),
      number: '+13104569999',
      carrier: 'phone',
      agentId: null,
      outboundEnabled: true,
    });
    expect((await world.book(agent, world.person())).callback).toMatchObject({ from: '+13104569999', warning: null });
    expect((await world.book(other, world.person())).callback.warning).not.toBeNull();
  });
});

test('what a database cannot keep is left out, not an error', async () => {
  const agent = await world.agent();
  const { callback } = await world.book(agent, world.person(), { reason: `a\0b${'c'.repeat(900)}`, toName: 'An\0na' });
  expect(callback.reason).toBe(`ab${'c'.repeat(498)}`);
  expect(callback.toName).toBe('Anna');
});

test('do-not-call cancels what is open for that number, of every agent, and keeps who wished it', async () => {
  const to = world.person();
  const [one, other] = [await world.agent(), await world.agent()];
  const open = [await world.book(one, to), await world.book(other, to)];
  const elsewhere = await world.book(one, world.person());
  expect(await addDoNotCall(world.deps, { number: to, reason: 'asked' }, 'caller')).toBe(2);
  for (const { callback } of open) {
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'cancelled', cancelledBy: 'do_not_call' });
    expect(await world.events(callback.id)).toHaveLength(2);
  }
  expect(await world.store.find(elsewhere.callback.id)).toMatchObject({ status: 'scheduled' });
  // Twice is once.
  expect(await addDoNotCall(world.deps, { number: to, reason: 'asked again' }, 'operator')).toBe(0);
  expect(await world.database.orm.select().from(doNotCall).where(eq(doNotCall.number, to))).toHaveLength(1);
  await expect(addDoNotCall(world.deps, { number: 'me', reason: '' }, 'operator')).rejects.toMatchObject({
    code: 'invalid_request',
  });
});
