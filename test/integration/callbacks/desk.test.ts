import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openDesk } from '../../../src/callbacks/desk.ts';
import type { DeskCall, DeskWish } from '../../../src/callbacks/desk-call.ts';
import { OperatorDesk, type CallbackSearch } from '../../../src/callbacks/operator-desk.ts';
import type { AgentSettings } from '../../../src/domain/agent.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';
import { uuidv7 } from '../../../db/uuid.ts';

let world: CallbackWorld;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.checkInvariants());

async function inCall(agent: AgentSettings, over: Partial<DeskCall> = {}): Promise<DeskCall> {
  const person = over.person === undefined ? world.person() : over.person;
  const id = await world.inboundCall(agent.id, person ?? '+12124560000', null);
  return { id, agent, person, ourNumber: '+13105550000', timeZone: null, callbackId: null, ...over };
}

function ask(call: DeskCall, wish: DeskWish['wish'], over: Partial<DeskWish> = {}, key = uuidv7()) {
  return openDesk(world.deps, call, key).book({ wish, reason: 'the invoice', confirmOutsideHours: false, ...over });
}

describe('at the desk of a call', () => {
  test('a wish is booked for the number that they call from, with the sentence to read back', async () => {
    const call = await inCall(await world.agent());
    const answer = await ask(call, { inMinutes: 30 }, { phoneNumber: '+12124569999', callerName: 'Anna' });
    expect(answer).toMatchObject({ ok: true, timeZone: 'America/New_York' });
    if (!answer.ok) throw new Error('it was to be booked');
    expect(answer.say).toMatch(/^I'll call you back in 30 minutes, at \d/);
    const callback = await world.store.find(answer.callbackId);
    expect(callback).toMatchObject({ to: call.person, toName: 'Anna', originCallId: call.id });
    expect(callback?.toName).toBe('Anna');
  });

  test('the same turn delivered twice gives the same answer; a repeat in other words moves it', async () => {
    const call = await inCall(await world.agent());
    const key = uuidv7();
    const first = await ask(call, { inMinutes: 30 }, {}, key);
    expect(await ask(call, { inMinutes: 30 }, { reason: 'in other words' }, key)).toMatchObject({
      ok: true,
      callbackId: first.ok ? first.callbackId : '',
    });
    const moved = await ask(call, { inMinutes: 40 });
    expect(moved).toMatchObject({ ok: true, callbackId: first.ok ? first.callbackId : '' });
    expect(moved.ok && moved.say).toMatch(/^I've moved it: /);
  });

  test.each([
    ['de-DE', /^Ich rufe Sie in 30 Minuten, um \d{2}:\d{2} Uhr, zurück\.$/, /^Ich habe es verschoben: Ich rufe Sie /],
    ['es-ES', /^Le llamaré dentro de 30 minutos, a las? \d{1,2}:\d{2}\.$/, /^Lo he cambiado: le llamaré /],
    ['fr-FR', /^Je vous rappelle dans 30 minutes, à \d{2}:\d{2}\.$/, /^C’est déplacé : je vous rappelle /],
    ['ja-JP', /^I'll call you back in 30 minutes, at \d{1,2}:\d{2} [AP]M\.$/, /^I've moved it: I'll call you back /],
  ])('an agent that speaks %s promises in it, or else in English', async (language, booked, moved) => {
    const call = await inCall({ ...(await world.agent()), language });
    const answer = await ask(call, { inMinutes: 30 });
    expect(answer.ok && answer.say).toMatch(booked);
    // What the model reads is the same in every language.
    expect(answer).toMatchObject({ timeZone: 'America/New_York' });
    expect(answer.ok && answer.localTime).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/);
    const again = await ask(call, { inMinutes: 40 });
    expect(again.ok && again.say).toMatch(moved);
  });

  test('a number that may be in several zones hears which one is meant, however often the wish is delivered', async () => {
    // All of North America has these.
    const call = await inCall(await world.agent(), { person: '+18005550147' });
    const key = uuidv7();
    const first = await ask(call, { inMinutes: 30 }, {}, key);
    expect(first.ok && first.say).toMatch(/^I'll call you back in 30 minutes, at .* Eastern Time\.$/);
    expect(await ask(call, { inMinutes: 30 }, {}, key)).toEqual(first);
    const kept = await openDesk(world.deps, call, uuidv7()).move({ wish: 'keep', confirmOutsideHours: false });
    expect(kept.ok && kept.say).toMatch(/ Eastern Time\.$/);
  });

  test('another number is taken only where the policy allows it', async () => {
    const call = await inCall(await world.agent({ policy: { allowOtherNumbers: true } }));
    const other = world.person();
    const answer = await ask(call, { inMinutes: 5 }, { phoneNumber: other });
    expect(answer.ok && (await world.store.find(answer.callbackId))?.to).toBe(other);
    expect(await ask(call, { inMinutes: 5 }, { phoneNumber: '+442071234567' })).toMatchObject({ ok: false });
  });

  test('a hidden caller gets a sentence', async () => {
    const call = await inCall(await world.agent(), { person: null });
    expect(await ask(call, { inMinutes: 30 })).toMatchObject({
      ok: false,
      error: expect.stringMatching(/hides/) as unknown,
    });
  });

  test('nonsense gets a sentence, and books nothing', async () => {
    const call = await inCall(await world.agent());
    for (const wish of [
      {},
      { inMinutes: -5 },
      { day: 'someday', time: '9:00' },
      { inMinutes: 1e12 },
      { time: '16:00Z' },
    ]) {
      expect(await ask(call, wish)).toMatchObject({ ok: false, error: expect.any(String) as unknown });
    }
    expect(await world.store.list({ to: call.person ?? '', order: 'asc', limit: 10 })).toEqual([]);
  });

  test('outside the hours the next allowed time is told in the zone that they named', async () => {
    const zone = 'Asia/Kathmandu';
    const local = Temporal.Now.zonedDateTimeISO(zone);
    const clock = (ahead: number): string => `${local.add({ hours: ahead }).toPlainTime().toString().slice(0, 2)}:00`;
    const agent = await world.agent({ policy: { callingHours: { start: clock(8), end: clock(10) } } });
    const call = await inCall(agent);
    const wish = { inMinutes: 180, timeZone: zone };
    const refused = await ask(call, wish);
    expect(refused).toMatchObject({ ok: false, error: expect.stringMatching(/confirm_outside_hours true/) as unknown });
    expect(!refused.ok && refused.suggestion?.slice(11)).toBe(clock(8));
    expect(await ask(call, wish, { confirmOutsideHours: true })).toMatchObject({ ok: true, timeZone: zone });
  });

  test('a page’s zone is believed where it is one', async () => {
    const agent = await world.agent();
    expect(await ask(await inCall(agent, { timeZone: 'Asia/Kathmandu' }), { inMinutes: 5 })).toMatchObject({
      ok: true,
      timeZone: 'Asia/Kathmandu',
    });
    expect(await ask(await inCall(agent, { timeZone: 'Mars/Phobos' }), { inMinutes: 5 })).toMatchObject({
      ok: true,
      timeZone: 'America/New_York',
    });
  });
});

describe('the operator', () => {
  const desk = (agents: readonly AgentSettings[]) =>
    new OperatorDesk(world.deps, (id) => Promise.resolve(agents.find((agent) => agent.id === id)));
  const soon = (): string => Temporal.Now.instant().add({ hours: 1 }).toString({ smallestUnit: 'millisecond' });
  const all = (search: Partial<CallbackSearch>): CallbackSearch => ({ order: 'asc', limit: 50, ...search });

  test('books, and a zone that is named must be one', async () => {
    const agent = await world.agent();
    const order = { agentId: agent.id, to: world.person(), dueAt: soon(), reason: '', override: [] };
    const options = { actor: 'api', idempotencyKey: undefined } as const;
    await expect(desk([agent]).book({ ...order, timeZone: '+05:00' }, options)).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(desk([]).book(order, options)).rejects.toMatchObject({ code: 'not_found' });
    const { callback, current } = await desk([agent]).book(
      { ...order, to: `${order.to.slice(0, 2)} ${order.to.slice(2)}` },
      options,
    );
    expect(callback).toMatchObject({ to: order.to, timeZone: 'America/New_York', timeZoneNamed: false });
    expect(current).toBeUndefined();
  });

  test('pages through the list in both directions, each callback once', async () => {
    const agent = await world.agent();
    const dueAt = Temporal.Now.instant().add({ hours: 2 }).round('millisecond');
    const same = { when: () => ({ at: dueAt, zone: 'UTC', zoneNamed: true }) };
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) made.push((await world.book(agent, world.person(), same)).callback.id);
    for (const order of ['asc', 'desc'] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await desk([agent]).list(all({ agentId: agent.id, order, limit: 2, cursor }));
        seen.push(...page.items.map((item) => item.callback.id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(order === 'asc' ? made : made.toReversed());
    }
  });

  test('sees the attempt of one that is being dialled, and finds by number, reason and agent', async () => {
    const agent = await world.agent({ over: { name: '100% Dental_Care' } });
    const { callback } = await world.book(agent, world.person(), { reason: 'the Blue invoice' });
    const { attempt } = await world.dial(callback.id);
    for (const q of [callback.to.slice(-7), 'blue inv', '100% dental_']) {
      const { items } = await desk([agent]).list(all({ q, agentId: agent.id }));
      expect(items).toMatchObject([{ callback: { id: callback.id }, current: { id: attempt.id } }]);
    }
    expect((await desk([agent]).list(all({ q: '100_', agentId: agent.id }))).items).toEqual([]);
    expect(await desk([agent]).find(callback.id)).toMatchObject({
      current: { id: attempt.id },
      attempts: [{ number: 1 }],
    });
    expect(await desk([agent]).find(uuidv7())).toBeUndefined();
    expect((await desk([agent]).counts()).dialing).toBeGreaterThan(0);
  });

  test.each<Partial<CallbackSearch>>([
    { cursor: 'rubbish' },
    { cursor: Buffer.from(`[1,"${'-'.repeat(36)}"]`).toString('base64url') },
    { from: '0000-01-01T00:00:00Z' },
  ])('%j is an error of theirs', async (search) => {
    await expect(desk([]).list(all(search))).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('a search for what no text can hold finds nothing, and breaks nothing', async () => {
    await expect(desk([]).list(all({ q: 'no\0where', to: '\0+1' }))).resolves.toMatchObject({ items: [] });
  });
});
