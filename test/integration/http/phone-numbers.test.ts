import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { first, openSurface, type Surface } from './surface.ts';

let surface: Surface;
beforeEach(async () => {
  surface = await openSurface();
});
afterEach(() => surface[Symbol.asyncDispose]());

const NUMBER = '+13125550100';

async function added(body: object = {}) {
  const { status, body: number } = await surface.ask('POST', '/phone-numbers', {
    number: NUMBER,
    carrier: 'phone',
    ...body,
  });
  expect(status, JSON.stringify(number)).toBe(201);
  return number;
}

async function idOf(number: string): Promise<string> {
  const { body } = await surface.ask('GET', '/phone-numbers?limit=200');
  return first(body.items.filter((row) => row.number === number)).id;
}

describe('a phone number', () => {
  test('is kept as E.164 however it was typed, with inbound on and outbound off', async () => {
    const number = await added({ number: ' +1 (312) 555-0100 ' });
    expect(number).toMatchObject({
      number: NUMBER,
      carrier: 'phone',
      agentId: null,
      inboundEnabled: true,
      outboundEnabled: false,
      builtIn: false,
    });
    expect((await surface.ask('GET', `/phone-numbers/${number.id}`)).body).toEqual(number);
    expect(await surface.audit(number.id)).toMatchObject([{ actor: 'api', action: 'phone_number.added' }]);
  });

  test.each([
    ['number', { number: '5550100' }],
    ['number', { number: 'browser:abcdefgh' }],
    ['number', { number: 'browser:ringback' }],
    ['carrier', { carrier: 'pigeon' }],
    ['carrier', { carrier: 'browser' }],
    ['agentId', { agentId: '018f0000-0000-7000-8000-00000000dead' }],
    ['agentId', { agentId: 'Riley' }],
  ])('with a wrong %s is refused, and the answer names it', async (path, change) => {
    const { status, body } = await surface.ask('POST', '/phone-numbers', {
      number: NUMBER,
      carrier: 'phone',
      ...change,
    });
    expect(status, JSON.stringify(body)).toBe(400);
    expect(body.fields).toMatchObject([{ path }]);
  });

  test('is there once', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(() => surface.ask('POST', '/phone-numbers', { number: NUMBER, carrier: 'phone' })),
    );
    expect(answers.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(2);
  });

  test('changes its switches and its agent one by one, and keeps its number', async () => {
    const number = await added();
    const agent = await surface.world.agent();
    const { body } = await surface.ask('PATCH', `/phone-numbers/${number.id}`, { outboundEnabled: true });
    expect(body).toEqual({ ...number, outboundEnabled: true });
    expect((await surface.ask('PATCH', `/phone-numbers/${number.id}`, { agentId: agent.id })).body).toEqual({
      ...number,
      outboundEnabled: true,
      agentId: agent.id,
    });
    expect((await surface.ask('PATCH', `/phone-numbers/${number.id}`, { number: '+13125550101' })).status).toBe(400);
    expect((await surface.ask('PATCH', `/phone-numbers/${number.id}`, { agentId: number.id })).status).toBe(400);
    expect(await surface.audit(number.id)).toMatchObject([
      {},
      { before: { outboundEnabled: false }, after: { outboundEnabled: true } },
      { before: { agentId: null }, after: { agentId: agent.id } },
    ]);
  });

  test('that does not exist is not found', async () => {
    const nowhere = '/phone-numbers/018f0000-0000-7000-8000-00000000dead';
    expect((await surface.ask('GET', nowhere)).status).toBe(404);
    expect((await surface.ask('PATCH', nowhere, { inboundEnabled: false })).status).toBe(404);
    expect((await surface.ask('DELETE', nowhere)).status).toBe(204);
  });
});

describe('the outbound switch', () => {
  test('quiets the warning of a callback that it cures, and raises it where it is taken away', async () => {
    const { world } = surface;
    const agent = await world.agent({ outbound: false });
    const { callback } = await world.book(agent, world.person());
    const read = async () => (await surface.ask('GET', `/callbacks/${callback.id}`)).body;
    expect((await read()).warning).toContain('outbound');
    const id = await idOf(agent.ownNumber);
    await surface.ask('PATCH', `/phone-numbers/${id}`, { outboundEnabled: true });
    expect(await read()).toMatchObject({ warning: null, from: agent.ownNumber });
    await surface.ask('PATCH', `/phone-numbers/${id}`, { outboundEnabled: false });
    expect((await read()).warning).toContain('outbound');
    expect(await world.events(callback.id)).toEqual(['callback.changed', 'callback.changed', 'callback.changed']);
    await world.checkInvariants();
  });
});

describe('deleting a phone number', () => {
  test('happens once, and is as good the second time', async () => {
    const number = await added();
    expect((await surface.ask('DELETE', `/phone-numbers/${number.id}`)).status).toBe(204);
    expect((await surface.ask('DELETE', `/phone-numbers/${number.id}`)).status).toBe(204);
    expect((await surface.ask('GET', `/phone-numbers/${number.id}`)).status).toBe(404);
    expect((await surface.audit(number.id)).map(({ action }) => action)).toEqual([
      'phone_number.added',
      'phone_number.deleted',
    ]);
  });

  test("never takes the browser's own", async () => {
    const { status, body } = await surface.ask('DELETE', `/phone-numbers/${await idOf('browser:ringback')}`);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'in_use' });
    expect(body.detail).toContain('built in');
  });

  test('is refused for the last that could dial, and the answer says for how many callbacks', async () => {
    const { world } = surface;
    const agent = await world.agent();
    const { callback } = await world.book(agent, world.person());
    const id = await idOf(agent.ownNumber);
    const refused = await surface.ask('DELETE', `/phone-numbers/${id}`);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'in_use', openCallbacks: 1 });
    const other = await added({ agentId: agent.id });
    expect((await surface.ask('DELETE', `/phone-numbers/${id}`)).status, 'the other may not dial').toBe(409);
    await surface.ask('PATCH', `/phone-numbers/${other.id}`, { outboundEnabled: true });
    expect((await surface.ask('DELETE', `/phone-numbers/${id}`)).status).toBe(204);
    expect((await surface.ask('DELETE', `/phone-numbers/${other.id}`)).status).toBe(409);
    await surface.ask('POST', `/callbacks/${callback.id}/cancel`);
    expect((await surface.ask('DELETE', `/phone-numbers/${other.id}`)).status).toBe(204);
  });

  test('two numbers at once never leaves an open callback without any', async () => {
    const { world } = surface;
    const agent = await world.agent();
    await world.book(agent, world.person());
    const other = await added({ agentId: agent.id, outboundEnabled: true });
    const ids = [await idOf(agent.ownNumber), other.id];
    const answers = await Promise.all(ids.map((id) => surface.ask('DELETE', `/phone-numbers/${id}`)));
    expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([204, 409]));
  });
});
