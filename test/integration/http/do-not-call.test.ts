import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSurface, type Surface } from './surface.ts';

let surface: Surface;
beforeEach(async () => {
  surface = await openSurface();
});
afterEach(() => surface[Symbol.asyncDispose]());

describe('the do-not-call list', () => {
  test('ends the open callbacks of a number that is put on it, and says how many', async () => {
    const { world } = surface;
    const agent = await world.agent();
    const person = world.person();
    const { callback } = await world.book(agent, person);
    const typed = `${person.slice(0, 2)} ${person.slice(2)}`;
    const { status, body } = await surface.ask('POST', '/do-not-call', { number: typed, reason: 'asked us to' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ number: person, reason: 'asked us to', cancelledCallbacks: 1 });
    expect((await surface.ask('GET', `/callbacks/${callback.id}`)).body).toMatchObject({
      status: 'cancelled',
      cancelledBy: 'do_not_call',
    });
    const book = { agentId: agent.id, to: person, dueAt: Temporal.Now.instant().add({ hours: 1 }).toString() };
    expect((await surface.ask('POST', '/callbacks', { ...book, override: ['calling_hours'] })).body).toMatchObject({
      code: 'on_do_not_call',
    });
    await world.checkInvariants();
  });

  test('has a number once however often it is put there, and keeps the first reason', async () => {
    const entry = { number: '+13125550142', reason: 'first' };
    const first = await surface.ask('POST', '/do-not-call', entry);
    const again = await surface.ask('POST', '/do-not-call', { ...entry, reason: 'second' });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toMatchObject({ id: first.body.id, reason: 'first', cancelledCallbacks: 0 });
    expect((await surface.ask('GET', '/do-not-call')).body.items).toHaveLength(1);
  });

  test('lets a number go, twice alike, and that stands in the audit log', async () => {
    const { body } = await surface.ask('POST', '/do-not-call', { number: '+13125550142' });
    expect((await surface.ask('DELETE', `/do-not-call/${body.id}`)).status).toBe(204);
    expect((await surface.ask('DELETE', `/do-not-call/${body.id}`)).status).toBe(204);
    expect((await surface.ask('GET', '/do-not-call')).body).toEqual({ items: [], nextCursor: null });
    const actions = (await surface.audit('+13125550142')).map(({ action }) => action);
    expect(actions).toEqual(['do_not_call.added', 'do_not_call.removed']);
  });

  test('is read page by page, the newest first', async () => {
    for (const last of [1, 2, 3, 4, 5]) await surface.ask('POST', '/do-not-call', { number: `+1312555014${last}` });
    const numbers: string[] = [];
    let cursor = '';
    do {
      const { body } = await surface.ask('GET', `/do-not-call?limit=2${cursor}`);
      numbers.push(...body.items.map(({ number }) => number.slice(-1)));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(numbers).toEqual(['5', '4', '3', '2', '1']);
  });

  test.each([{}, { number: '911' }, { number: 'nobody' }, { number: '+13125550142', more: 1 }, { number: 5 }])(
    'refuses %j',
    async (body) => {
      const answer = await surface.ask('POST', '/do-not-call', body);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ code: 'invalid_request' });
    },
  );
});
