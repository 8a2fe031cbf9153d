import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { first, openSurface, TOKEN, type AnswerBody, type Surface } from './surface.ts';

let surface: Surface;
beforeEach(async () => {
  surface = await openSurface();
});
afterEach(() => surface[Symbol.asyncDispose]());

const ID = '018f0000-0000-7000-8000-00000000dead';
const routes = [
  ['GET', '/agents'],
  ['POST', '/agents'],
  ['GET', `/agents/${ID}`],
  ['PATCH', `/agents/${ID}`],
  ['DELETE', `/agents/${ID}`],
  ['GET', '/phone-numbers'],
  ['POST', '/phone-numbers'],
  ['GET', `/phone-numbers/${ID}`],
  ['PATCH', `/phone-numbers/${ID}`],
  ['DELETE', `/phone-numbers/${ID}`],
  ['GET', '/do-not-call'],
  ['POST', '/do-not-call'],
  ['DELETE', `/do-not-call/${ID}`],
  ['GET', '/tools'],
  ['GET', '/system'],
  ['GET', '/outbound'],
  ['POST', '/outbound/hold'],
  ['POST', '/outbound/release'],
  ['POST', '/carriers/phone/resume'],
] as const;

async function session(): Promise<string> {
  const response = await surface.app.inject({ method: 'POST', url: '/api/v1/session', payload: { token: TOKEN } });
  return String(response.headers['set-cookie']).split(';')[0] ?? '';
}

describe('the doors', () => {
  test('every route is closed to who is not signed in', async () => {
    for (const [method, path] of routes) {
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { cookie: 'ringback_session=wrong' }]) {
        const response = await surface.app.inject({ method, url: `/api/v1${path}`, headers });
        expect(response.statusCode, `${method} ${path}`).toBe(401);
        expect(response.json()).toMatchObject({ code: 'unauthorized' });
      }
    }
  });

  test('a page of another site changes nothing with the cookie of an operator', async () => {
    const cookie = await session();
    for (const [method, path] of routes.filter(([name]) => name !== 'GET')) {
      for (const origin of ['https://evil.example', undefined]) {
        const response = await surface.app.inject({
          method,
          url: `/api/v1${path}`,
          headers: { cookie, ...(origin === undefined ? {} : { origin }) },
        });
        expect(response.statusCode, `${method} ${path}`).toBe(403);
      }
    }
  });

  test("an operator's changes are written down as the operator's", async () => {
    const cookie = await session();
    const response = await surface.app.inject({
      method: 'POST',
      url: '/api/v1/agents',
      headers: { cookie, origin: 'https://gateway.example' },
      payload: { name: 'Clara' },
    });
    expect(response.statusCode).toBe(201);
    expect(await surface.audit((JSON.parse(response.payload) as AnswerBody).id)).toMatchObject([{ actor: 'operator' }]);
  });
});

describe('tools', () => {
  test('each says which agents have it on, and booking a callback stands first', async () => {
    const { body } = await surface.ask('GET', '/tools');
    expect(first(body.items)).toMatchObject({ name: 'schedule_callback', title: 'Schedule a callback' });
    const home = first((await surface.ask('GET', '/agents')).body.items);
    expect(first(body.items).agentIds).toEqual([home.id]);
    await surface.ask('PATCH', `/agents/${home.id}`, { tools: { scheduleCallback: false } });
    expect(first((await surface.ask('GET', '/tools')).body.items).agentIds).toEqual([]);
  });
});

describe('outbound', () => {
  test('is held with a reason, once, and released, and both stand in the audit log', async () => {
    expect((await surface.ask('GET', '/outbound')).body).toMatchObject({ held: false, heldReason: null });
    await surface.ask('POST', '/outbound/hold', { reason: 'moving house' });
    const { body } = await surface.ask('POST', '/outbound/hold', { reason: 'another' });
    expect(body).toMatchObject({ held: true, heldReason: 'moving house' });
    expect((await surface.ask('GET', '/system')).body.outbound).toEqual({ held: true, heldReason: 'moving house' });
    expect((await surface.ask('POST', '/outbound/release')).body).toMatchObject({ held: false });
    expect((await surface.ask('POST', '/outbound/release')).status).toBe(200);
    expect((await surface.audit('all')).map(({ action }) => action)).toEqual(['outbound.held', 'outbound.released']);
    expect((await surface.ask('POST', '/outbound/hold', { reason: ' ' })).status).toBe(400);
  });

  test('a carrier that is not set up can not be resumed', async () => {
    expect((await surface.ask('POST', '/carriers/pigeon/resume')).status).toBe(404);
  });
});

describe('the description of the API', () => {
  test('names every route of set-up with what it takes and answers', async () => {
    const response = await surface.app.inject({ url: '/openapi.json' });
    const { paths, components } = JSON.parse(response.payload) as Description;
    for (const [method, path] of routes) {
      const name = `/api/v1${path.replace(ID, '{id}').replace('phone/resume', '{name}/resume')}`;
      const operation = paths[name]?.[method.toLowerCase()];
      if (operation === undefined) throw new Error(`${method} ${name} is not described`);
      expect(operation.summary).toBeTruthy();
      expect(Object.keys(operation.responses).map((code) => code.toLowerCase())).toContain('4xx');
      if (method === 'POST' && name.split('/').length === 4) expect(operation.requestBody).toBeDefined();
    }
    expect(Object.keys(components.schemas)).toEqual(
      expect.arrayContaining(['Agent', 'AgentPatch', 'PhoneNumber', 'DoNotCallEntry', 'Problem', 'System']),
    );
  });

  test('vendors are named with the settings that switch them on, never with their values', async () => {
    const { body } = await surface.ask('GET', '/system');
    const twilio = first(body.vendors.filter(({ name }) => name === 'twilio'));
    expect(twilio).toMatchObject({ kind: 'carrier', inUse: false, standIn: false });
    expect(twilio.settings).toContain('TWILIO_AUTH_TOKEN');
    expect(body.vendors.find(({ name }) => name === 'demo')).toMatchObject({ inUse: true });
  });
});

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object };
}
interface Operation {
  readonly summary?: string;
  readonly requestBody?: unknown;
  readonly responses: object;
}

test('a request that is too large is told so, and not that it makes no sense', async () => {
  const { status, body } = await surface.ask('POST', '/do-not-call', {
    number: '+13125550142',
    reason: 'x'.repeat(300_000),
  });
  expect([status, body]).toMatchObject([413, { code: 'too_large' }]);
});
