import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { first, openSurface, type Surface } from './surface.ts';

let surface: Surface;
beforeEach(async () => {
  surface = await openSurface();
});
afterEach(() => surface[Symbol.asyncDispose]());

const NOBODY = '018f0000-0000-7000-8000-00000000dead';

async function made(body: object = {}) {
  const { status, body: agent } = await surface.ask('POST', '/agents', { name: 'Bruno', ...body });
  expect(status, JSON.stringify(agent)).toBe(201);
  return agent;
}

async function defaults() {
  const { body } = await surface.ask('GET', '/agents?limit=200');
  return body.items.filter((agent) => agent.isDefault);
}

describe('an agent', () => {
  test('that is given a name alone has everything else from the start, and speaks where the default one does', async () => {
    const agent = await made();
    expect(agent).toMatchObject({
      name: 'Bruno',
      timeZone: 'Europe/Vienna',
      isDefault: false,
      recording: 'announce',
      disclosure: { enabled: true },
      tools: { scheduleCallback: true, endCall: true },
      callbackPolicy: { maxAttempts: 3, callingHours: { start: '08:00', end: '21:00' } },
    });
    const { body } = await surface.ask('GET', `/agents/${agent.id}`);
    expect(body).toEqual(agent);
    expect(await surface.audit(agent.id)).toMatchObject([{ actor: 'api', action: 'agent.created' }]);
  });

  test('is changed only where it is told, deep in its settings too', async () => {
    const agent = await made({ callbackPolicy: { maxAttempts: 5 }, tools: { endCall: false } });
    const { status, body } = await surface.ask('PATCH', `/agents/${agent.id}`, {
      limits: { silencePrompts: 1 },
      callbackPolicy: { retryDelaysMinutes: { busy: [1.5] }, callingHours: null },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...agent,
      limits: { ...agent.limits, silencePrompts: 1 },
      callbackPolicy: {
        ...agent.callbackPolicy,
        callingHours: null,
        retryDelaysMinutes: { noAnswer: [15, 60], busy: [1.5], machine: [240] },
      },
    });
    const [, change] = await surface.audit(agent.id);
    expect(change).toMatchObject({ action: 'agent.changed', before: { limits: { silencePrompts: 2 } } });
    expect(Object.keys(change?.after ?? {}).toSorted()).toEqual(['callbackPolicy', 'limits']);
  });

  test('that is saved as it was writes nothing into the audit log', async () => {
    const agent = await made();
    const { body } = await surface.ask('PATCH', `/agents/${agent.id}`, {
      name: 'Bruno',
      limits: { silencePrompts: 2 },
    });
    expect(body).toEqual(agent);
    expect(await surface.audit(agent.id)).toHaveLength(1);
  });

  test('whose notice is switched off stands in the audit log under its own name', async () => {
    const agent = await made();
    await surface.ask('PATCH', `/agents/${agent.id}`, { disclosure: { enabled: false } });
    const actions = (await surface.audit(agent.id)).map(({ action }) => action);
    // Two of one transaction may have ids of one millisecond, in either order.
    expect(actions).toHaveLength(3);
    expect(actions).toEqual(expect.arrayContaining(['agent.changed', 'agent.disclosure_switched_off']));
  });

  const wrong: readonly (readonly [string, object])[] = [
    ['timeZone', { timeZone: 'Mars/Olympus' }],
    ['timeZone', { timeZone: '+05:00' }],
    ['language', { language: 'english please' }],
    ['name', { name: '  ' }],
    ['prompt', { prompt: 'a\0b' }],
    ['prompt', { prompt: '\uD800' }],
    ['prompt', { prompt: 'x'.repeat(20_001) }],
    ['callbackPolicy.callingHours.start', { callbackPolicy: { callingHours: { start: '24:00', end: '08:00' } } }],
    ['callbackPolicy.callingHours', { callbackPolicy: { callingHours: { start: '08:00', end: '08:00' } } }],
    ['callbackPolicy.callingHours.end', { callbackPolicy: { callingHours: { start: '08:00' } } }],
    ['callbackPolicy.maxAttempts', { callbackPolicy: { maxAttempts: 0 } }],
    ['callbackPolicy.retryDelaysMinutes.busy.0', { callbackPolicy: { retryDelaysMinutes: { busy: [-1] } } }],
    ['callbackPolicy.allowedCountries.0', { callbackPolicy: { allowedCountries: ['usa'] } }],
    ['callbackPolicy.machineMessage', { callbackPolicy: { onMachine: 'leave_message', machineMessage: ' ' } }],
    [
      'callbackPolicy.detectMachines',
      { callbackPolicy: { onMachine: 'leave_message', machineMessage: 'Call us.', detectMachines: false } },
    ],
    ['tools.fly', { tools: { fly: true } }],
    ['recording', { recording: 'sometimes' }],
    ['limits.maxCallMinutes', { limits: { maxCallMinutes: 0 } }],
  ];

  test('with a setting that makes no sense is refused, and the answer names that member', async () => {
    const agent = await made();
    for (const [path, change] of wrong) {
      for (const answer of [
        await surface.ask('PATCH', `/agents/${agent.id}`, change),
        await surface.ask('POST', '/agents', { name: 'Clara', ...change }),
      ]) {
        expect(answer.status, JSON.stringify(answer.body)).toBe(400);
        expect(answer.headers['content-type']).toContain('application/problem+json');
        expect(answer.body).toMatchObject({ code: 'invalid_request' });
        expect(answer.body.fields.map((field) => field.path)).toContain(path);
      }
    }
    expect((await surface.ask('GET', `/agents/${agent.id}`)).body).toEqual(agent);
  });

  test.each([
    ['[]'],
    ['null'],
    ['{"name":'],
    ['{"name":"A","__proto__":{"isDefault":true}}'],
    ['{"name":"A","id":"1"}'],
  ])('can not be made of %s', async (payload) => {
    const response = await surface.app.inject({
      method: 'POST',
      url: '/api/v1/agents',
      headers: { authorization: 'Bearer the-admin-token-of-a-test', 'content-type': 'application/json' },
      payload,
    });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'invalid_request' });
  });

  test('that does not exist is not found, and one that is no id is refused', async () => {
    expect((await surface.ask('GET', `/agents/${NOBODY}`)).status).toBe(404);
    expect((await surface.ask('PATCH', `/agents/${NOBODY}`, { name: 'A' })).status).toBe(404);
    expect((await surface.ask('GET', '/agents/1')).status).toBe(400);
  });
});

describe('the default', () => {
  test('goes from one agent to the other in one step', async () => {
    const agent = await made();
    const former = first(await defaults());
    expect((await surface.ask('PATCH', `/agents/${agent.id}`, { isDefault: true })).body.isDefault).toBe(true);
    expect((await defaults()).map(({ id }) => id)).toEqual([agent.id]);
    expect(await surface.audit(former.id)).toMatchObject([
      { before: { isDefault: true }, after: { isDefault: false } },
    ]);
  });

  test('can be given away and not given up', async () => {
    const home = first(await defaults());
    const { status, body } = await surface.ask('PATCH', `/agents/${home.id}`, { isDefault: false });
    expect(status).toBe(400);
    expect(body.fields).toMatchObject([{ path: 'isDefault' }]);
    expect(await defaults()).toHaveLength(1);
  });

  test('is one and only one however many are made it at once', async () => {
    const agents = await Promise.all(['a', 'b', 'c', 'd'].map((name) => made({ name })));
    const answers = await Promise.all([
      ...agents.map((agent) => surface.ask('PATCH', `/agents/${agent.id}`, { isDefault: true })),
      surface.ask('POST', '/agents', { name: 'e', isDefault: true }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 201]);
    expect(await defaults()).toHaveLength(1);
  });
});

describe('deleting an agent', () => {
  test('takes it out of the set-up, twice alike, and leaves its past', async () => {
    const { world } = surface;
    const agent = await world.agent({ outbound: false });
    const call = await world.inboundCall(agent.id, world.person(), 60);
    await world.database.sql`delete from phone_number where agent_id = ${agent.id}::uuid`;
    for (let times = 1; times <= 2; times += 1)
      expect((await surface.ask('DELETE', `/agents/${agent.id}`)).status).toBe(204);
    expect((await surface.ask('GET', `/agents/${agent.id}`)).status).toBe(404);
    expect((await surface.ask('PATCH', `/agents/${agent.id}`, { isDefault: true })).status).toBe(404);
    const { body } = await surface.ask('GET', '/agents');
    expect(body.items.map(({ id }) => id)).not.toContain(agent.id);
    expect((await surface.ask('GET', `/calls/${call}`)).body).toMatchObject({ agentId: agent.id });
    expect((await surface.audit(agent.id)).map(({ action }) => action)).toEqual(['agent.deleted']);
    const book = { agentId: agent.id, to: world.person(), dueAt: Temporal.Now.instant().toString() };
    expect((await surface.ask('POST', '/callbacks', book)).status).toBe(404);
  });

  test('is refused for the default one', async () => {
    const home = first(await defaults());
    const { status, body } = await surface.ask('DELETE', `/agents/${home.id}`);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'in_use', isDefault: true, openCallbacks: 0, phoneNumbers: [] });
    expect(body.detail).toContain('it is the default agent');
  });

  test('is refused while callbacks are open, and the refusal says how many and on which number it answers', async () => {
    const { world } = surface;
    const agent = await world.agent();
    const { callback } = await world.book(agent, world.person());
    const dialled = (await world.book(agent, world.person())).callback;
    await world.dial(dialled.id);
    const { status, body } = await surface.ask('DELETE', `/agents/${agent.id}`);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'in_use', openCallbacks: 2, phoneNumbers: [agent.ownNumber] });
    expect(body.detail).toContain('2 open callbacks');
    expect(body.detail).toContain(agent.ownNumber);
    expect((await surface.ask('POST', `/callbacks/${callback.id}/cancel`)).status).toBe(200);
    expect((await surface.ask('DELETE', `/agents/${agent.id}`)).body).toMatchObject({ openCallbacks: 1 });
  });

  test('is refused while it is on a call', async () => {
    const { world } = surface;
    const agent = await made();
    await world.inboundCall(agent.id, world.person(), null);
    expect((await surface.ask('DELETE', `/agents/${agent.id}`)).body).toMatchObject({ code: 'in_use', liveCalls: 1 });
  });
});

describe('the list of agents', () => {
  test('is read to its end page by page, each agent once', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await made({ name });
    const names: string[] = [];
    let cursor = '';
    do {
      const { body } = await surface.ask('GET', `/agents?limit=2${cursor}`);
      names.push(...body.items.map(({ name }) => name));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(names).toEqual(['Riley', 'a', 'b', 'c', 'd']);
  });

  test.each(['nonsense', Buffer.from('-'.repeat(36)).toString('base64url'), '%00'])(
    'does not take %s for a cursor of ours',
    async (cursor) => {
      expect((await surface.ask('GET', `/agents?cursor=${cursor}`)).status).toBe(400);
      expect((await surface.ask('GET', '/agents?limit=0')).status).toBe(400);
      expect((await surface.ask('GET', '/agents?limit=201')).status).toBe(400);
    },
  );
});
