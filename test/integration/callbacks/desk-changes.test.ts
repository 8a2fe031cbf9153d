import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDesk } from '../../../src/callbacks/desk.ts';
import type { DeskCall } from '../../../src/callbacks/desk-call.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import type { AgentSettings } from '../../../src/domain/agent.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';
import { uuidv7 } from '../../../db/uuid.ts';

let world: CallbackWorld;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.checkInvariants());

type Agent = Awaited<ReturnType<CallbackWorld['agent']>>;

async function inCall(agent: AgentSettings, over: Partial<DeskCall> = {}): Promise<DeskCall> {
  const person = over.person === undefined ? world.person() : over.person;
  const id = await world.inboundCall(agent.id, person ?? '+12124560000', null);
  return { id, agent, person, ourNumber: '+13105550000', timeZone: null, callbackId: null, ...over };
}

const desk = (call: DeskCall, key = uuidv7()) => openDesk(world.deps, call, key);
const to = (inMinutes: number, callbackId?: string) => ({
  wish: { inMinutes },
  confirmOutsideHours: false,
  ...(callbackId === undefined ? {} : { callbackId }),
});
const refused = (words: RegExp) => ({ ok: false, error: expect.stringMatching(words) as unknown });

/** Somebody on the line whose call back is due in an hour. */
async function promised(policy: Parameters<CallbackWorld['agent']>[0] = {}) {
  const agent = await world.agent(policy);
  const call = await inCall(agent);
  const answer = await desk(call).book({ wish: { inMinutes: 60 }, reason: 'the invoice', confirmOutsideHours: false });
  if (!answer.ok) throw new Error(answer.error);
  return { agent, call, id: answer.callbackId };
}

const find = async (id: string) => {
  const callback = await world.store.find(id);
  if (callback === undefined) throw new Error('no such callback');
  return callback;
};

describe('moving', () => {
  test('takes the one that they have, keeps its reason, and says the new time', async () => {
    const { call, id } = await promised();
    const again = await inCall(call.agent, { person: call.person });
    const answer = await desk(again).move(to(30));
    expect(answer).toMatchObject({ ok: true, callbackId: id, timeZone: 'America/New_York' });
    expect(answer.ok && answer.say).toMatch(/^I've moved it: I'll call you back in 30 minutes, at \d/);
    expect(await find(id)).toMatchObject({ reason: 'the invoice', status: 'scheduled', originCallId: again.id });
    expect(await world.actions(id)).toEqual(['callback.booked', 'callback.moved']);
  });

  test('is done once for one tool call, however often and in whichever words it is delivered', async () => {
    const { call, id } = await promised();
    const key = uuidv7();
    const answers = await Promise.all([desk(call, key).move(to(30)), desk(call, key).move(to(45))]);
    const after = await find(id);
    expect(await desk(call, key).move(to(50))).toMatchObject({ ok: true, callbackId: id });
    expect(answers.map((answer) => answer.ok)).toEqual([true, true]);
    expect(await world.actions(id)).toEqual(['callback.booked', 'callback.moved']);
    expect(await find(id)).toEqual(after);
  });

  test('in a zone that they named when they booked reads the new time in it', async () => {
    const { call, id } = await promised();
    const named = {
      wish: { day: 'tomorrow', time: '16:00', timeZone: 'America/Los_Angeles' },
      confirmOutsideHours: false,
    };
    await desk(call).move(named);
    const answer = await desk(call).move({ wish: { day: 'tomorrow', time: '17:00' }, confirmOutsideHours: false });
    expect(answer).toMatchObject({ ok: true, timeZone: 'America/Los_Angeles' });
    const local = (await find(id)).dueAt.toZonedDateTimeISO('America/Los_Angeles');
    expect([local.hour, (await find(id)).timeZoneNamed]).toEqual([17, true]);
  });

  test('outside the hours is refused with the next time, taken when confirmed, and honoured within two hours', async () => {
    const local = Temporal.Now.zonedDateTimeISO('America/New_York');
    const clock = (ahead: number): string => `${local.add({ hours: ahead }).toPlainTime().toString().slice(0, 2)}:00`;
    const { call, id } = await promised({ policy: { callingHours: { start: clock(8), end: clock(10) } } });
    const late = await desk(call).move(to(180));
    expect(late).toMatchObject(refused(/outside the hours.*confirm_outside_hours true/));
    expect(!late.ok && late.suggestion?.slice(11)).toBe(clock(8));
    expect(await desk(call).move(to(110))).toMatchObject({ ok: true });
    expect(await desk(call).move({ ...to(180), confirmOutsideHours: true })).toMatchObject({ ok: true });
    const after = await find(id);
    expect(after.hoursWaivedFor?.equals(after.dueAt)).toBe(true);
  });

  test('in a chain of callbacks counts the two hours from the inbound call that began it', async () => {
    const local = Temporal.Now.zonedDateTimeISO('America/New_York');
    const clock = (ahead: number): string => `${local.add({ hours: ahead }).toPlainTime().toString().slice(0, 2)}:00`;
    const agent = await world.agent({ policy: { callingHours: { start: clock(8), end: clock(10) } } });
    const person = world.person();
    const began = await world.inboundCall(agent.id, person, 3_600);
    const { callback } = await world.book(agent, person, { by: 'caller', originCallId: began });
    const { attempt } = await world.dial(callback.id);
    await settleAttempt(world.deps, attempt.id, { kind: 'answered' }, { carrierCallId: `CA${attempt.id}` });
    const back = { ...(await inCall(agent, { person })), id: attempt.callId, callbackId: callback.id };
    const booked = await desk(back).book({ wish: { inMinutes: 20 }, reason: 'it', confirmOutsideHours: false });
    expect(booked).toMatchObject({ ok: true });
    expect(await desk(back).move(to(50))).toMatchObject({ ok: true });
    expect(await desk(back).move(to(70))).toMatchObject(refused(/outside the hours/));
  });

  test.each([
    ['past the horizon', to(60 * 24 * 40), /more than 30 days ahead/],
    ['into the past', to(-5), /lie ahead/],
    ['to a time with an offset', { wish: { time: '16:00Z' }, confirmOutsideHours: false }, /without Z/],
  ])('%s is refused in words, and nothing moves', async (_what, request, words) => {
    const { call, id } = await promised();
    const before = await find(id);
    expect(await desk(call).move(request)).toMatchObject(refused(words));
    expect(await find(id)).toEqual(before);
  });
});

describe('keeping', () => {
  test('what is scheduled changes nothing', async () => {
    const { call, id } = await promised();
    const before = await find(id);
    const answer = await desk(call).move({ wish: 'keep', confirmOutsideHours: false });
    expect(answer.ok && answer.say).toMatch(
      /^It stays as it is: I'll call you back in (?:1 hour|60 minutes|59 minutes)/,
    );
    expect(await find(id)).toEqual(before);
  });
});

describe('cancelling', () => {
  test('is done once, and the second delivery hears the same', async () => {
    const { call, id } = await promised();
    const key = uuidv7();
    const both = await Promise.all([desk(call, key).cancel({}), desk(call, key).cancel({ callbackId: id })]);
    expect(both).toEqual([both[0], both[0]]);
    expect(both[0]).toMatchObject({ ok: true, say: expect.stringMatching(/cancelled/) as unknown });
    expect(await find(id)).toMatchObject({ status: 'cancelled', cancelledBy: 'caller' });
    expect(await world.actions(id)).toEqual(['callback.booked', 'callback.cancelled']);
    expect(await desk(call).cancel({ callbackId: id })).toMatchObject(refused(/cancelled already/));
    expect(await desk(call).cancel({})).toMatchObject(refused(/no call back open/));
  });

  test('what is being dialled is refused, and says so', async () => {
    const { agent, call, id } = await promised();
    await world.database.sql`update call set ended_at = now() - interval '1 minute' where id = ${call.id}::uuid`;
    await world.database.sql`update callback set due_at = now(), next_attempt_at = now() where id = ${id}::uuid`;
    await world.database
      .sql`update timer set fire_at = (select next_attempt_at from callback c where c.id = timer.id) where id = ${id}::uuid`;
    const { attempt } = await world.dial(id);
    const crossing = await inCall(agent, { person: call.person });
    for (const which of [{}, { callbackId: id }])
      expect(await desk(crossing).cancel(which)).toMatchObject(refused(/being dialled at this very moment/));
    const itself = { ...crossing, id: attempt.callId, callbackId: id };
    expect(await desk(itself).cancel({})).toMatchObject(refused(/this very call/));
    expect(await desk(itself).move(to(5, id))).toMatchObject(refused(/this very call/));
    expect(await find(id)).toMatchObject({ status: 'dialing' });
  });
});

describe('what is not theirs', () => {
  test.each([
    [
      'another agent’s promise to them',
      async (call: DeskCall) => (await bookedWith(await world.agent(), call.person)).id,
    ],
    ['somebody else’s', async (call: DeskCall) => (await bookedWith(call.agent as Agent, world.person())).id],
    ['one that never was', () => Promise.resolve(uuidv7())],
    ['nonsense', () => Promise.resolve("cb-1'; drop table callback")],
  ])('%s can neither be moved nor cancelled', async (_what, other) => {
    const { call, id } = await promised();
    const callbackId = await other(call);
    expect(await desk(call).cancel({ callbackId })).toMatchObject(refused(/no call back with that callback_id/));
    expect(await desk(call).move(to(5, callbackId))).toMatchObject(refused(/no call back with that callback_id/));
    expect(await find(id)).toMatchObject({ status: 'scheduled' });
  });

  test('one that was booked in this call for another number is theirs by its id', async () => {
    const agent = await world.agent({ policy: { allowOtherNumbers: true } });
    const call = await inCall(agent, { person: null });
    const other = world.person();
    const booked = await desk(call).book({
      wish: { inMinutes: 60 },
      reason: 'it',
      phoneNumber: other,
      confirmOutsideHours: false,
    });
    const callbackId = booked.ok ? booked.callbackId : '';
    expect(await desk(call).move(to(30, callbackId))).toMatchObject({ ok: true });
    expect(await desk(call).cancel({ callbackId })).toMatchObject({ ok: true });
    expect(await desk(await inCall(agent, { person: null })).cancel({ callbackId })).toMatchObject(
      refused(/no call back/),
    );
  });

  const bookedWith = async (agent: Agent, person: string | null) =>
    (
      await world.book(agent, person ?? '', {
        when: (now) => ({ at: now.add({ hours: 2 }), zone: 'UTC', zoneNamed: true }),
      })
    ).callback;
});

describe('a hidden caller', () => {
  test('hears a sentence, whatever they ask for', async () => {
    const call = await inCall(await world.agent(), { person: null });
    for (const answer of [desk(call).cancel({}), desk(call).move(to(5)), desk(call).doNotCall()])
      expect(await answer).toMatchObject(refused(/hides their number/));
  });
});

describe('"stop calling me"', () => {
  test('ends what every agent promised, puts the number on the list, and may be said twice', async () => {
    const { call, id } = await promised();
    const other = await world.book(await world.agent(), call.person ?? '', {
      when: (now) => ({ at: now.add({ hours: 2 }), zone: 'UTC', zoneNamed: true }),
    });
    const key = uuidv7();
    const [first, second] = [await desk(call, key).doNotCall(), await desk(call, key).doNotCall()];
    expect(second).toEqual(first);
    expect(first).toMatchObject({ ok: true, say: expect.stringMatching(/won't be called again/) as unknown });
    for (const one of [id, other.callback.id])
      expect(await find(one)).toMatchObject({ status: 'cancelled', cancelledBy: 'do_not_call' });
    const listed = await world.database.sql`select reason from do_not_call where number = ${call.person ?? ''}`;
    expect(listed).toHaveLength(1);
    const wish = { wish: { inMinutes: 5 }, reason: 'it', confirmOutsideHours: false };
    expect(await desk(call).book(wish)).toMatchObject(refused(/numbers that we never call/));
  });
});
