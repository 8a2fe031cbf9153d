import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openCallRecords } from '../../../db/call-store.ts';
import { phoneNumber } from '../../../db/schema.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { newFileName } from '../../../src/recordings/file-name.ts';
import { openFolder } from '../../support/folder.ts';
import { HttpCarrier } from '../../fakes/http-carrier.ts';
import { first, openSurface, type Surface } from './surface.ts';

const opened = new Set<AsyncDisposable>();
const open = async (options: Parameters<typeof openSurface>[0] = {}): Promise<Surface> => {
  const surface = await openSurface(options);
  opened.add(surface);
  return surface;
};
afterEach(async () => {
  for (const each of opened) await each[Symbol.asyncDispose]();
  opened.clear();
});

describe('erasing a person', () => {
  test('takes their words, recordings and reasons, ends their promises, and leaves everybody else alone', async () => {
    const folder = await openFolder();
    opened.add(folder);
    const surface = await open({ recordingsDir: folder.path });
    const { world } = surface;
    const agent = await world.agent();
    const [person, other] = [world.person(), world.person()];
    const records = openCallRecords({ database: world.database, onLostHint: () => undefined });
    const calls = [];
    for (const each of [person, other]) {
      const id = await world.inboundCall(agent.id, each, 600);
      const turn = {
        index: 0,
        role: 'caller',
        text: 'My heating is broken',
        heardText: null,
        interrupted: false,
      } as const;
      const at = Temporal.Now.instant();
      await records.saveTurn(id, {
        ...turn,
        startedAt: at,
        endedAt: at,
        toolName: null,
        toolArguments: null,
        toolResult: null,
        latency: null,
      });
      await records.saveSummary(id, 'About the heating');
      const file = newFileName(id, at);
      await writeFile(join(folder.path, file), 'RIFF');
      await records.recordingStarted(id, file, world.replicaId);
      calls.push({ id, file });
    }
    const [mine, theirs] = [await world.book(agent, person), await world.book(agent, other)];
    expect((await surface.ask('GET', `/people?number=${encodeURIComponent(person)}`)).body).toMatchObject({
      calls: 1,
      callsWithWords: 1,
      recordings: 1,
      callbacks: 1,
      openCallbacks: 1,
      liveCalls: 0,
    });

    const erased = await surface.ask('POST', '/people/erase', { number: person });
    expect(erased.body).toEqual({ calls: 1, callbacks: 1, recordings: 1, cancelledCallbacks: 1 });

    const [gone, kept] = calls;
    const call = await surface.ask('GET', `/calls/${gone?.id ?? ''}`);
    expect(call.body).toMatchObject({ summary: null, transcript: [], recordingAvailable: false });
    expect(call.body).not.toMatchObject({ purgedAt: null });
    expect((await surface.ask('GET', `/callbacks/${mine.callback.id}`)).body).toMatchObject({
      status: 'cancelled',
      reason: '',
    });
    expect(await readdir(folder.path)).toEqual([kept?.file]);
    expect((await surface.ask('GET', `/calls/${kept?.id ?? ''}`)).body).toMatchObject({ summary: 'About the heating' });
    expect((await surface.ask('GET', `/callbacks/${theirs.callback.id}`)).body).toMatchObject({ status: 'scheduled' });
    expect((await surface.ask('GET', `/people?number=${encodeURIComponent(person)}`)).body).toMatchObject({
      calls: 1,
      callsWithWords: 0,
      recordings: 0,
      openCallbacks: 0,
    });
    await world.checkInvariants();

    const log = await surface.ask('GET', '/audit?area=person');
    expect(log.body.items).toMatchObject([{ action: 'person.erased', after: { calls: 1, cancelledCallbacks: 1 } }]);
    expect(JSON.stringify(log.body.items), 'the log of it does not name them').not.toContain(person);
  });

  test('waits for the end of a call with them, and never takes a number of ours for a person', async () => {
    const surface = await open();
    const agent = await surface.world.agent();
    const person = surface.world.person();
    await surface.world.inboundCall(agent.id, person, null);
    const refused = await surface.ask('POST', '/people/erase', { number: person });
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('goes on')]);
    for (const number of ['browser:ringback', agent.ownNumber, 'nonsense']) {
      const { status, body } = await surface.ask('POST', '/people/erase', { number });
      expect([status, first(body.fields).path], number).toEqual([400, 'number']);
    }
    const again = surface.world.person();
    await surface.world.inboundCall(agent.id, again, 5);
    expect((await surface.ask('POST', '/people/erase', { number: again })).status).toBe(409);
  });

  test('erased twice is erased, and nothing is left to do', async () => {
    const surface = await open();
    const person = surface.world.person();
    for (let times = 0; times < 2; times += 1)
      expect((await surface.ask('POST', '/people/erase', { number: person })).status).toBe(200);
  });
});

describe('the audit log', () => {
  test('tells who changed what from what to what, the newest first, a page at a time', async () => {
    const surface = await open();
    const agent = await surface.ask('POST', '/agents', { name: 'Ada' });
    await surface.ask('PATCH', `/agents/${agent.body.id}`, { name: 'Bea' });
    await surface.ask('POST', '/outbound/hold', { reason: 'moving house' });
    const all = await surface.ask('GET', '/audit');
    expect(all.body.items).toMatchObject([
      { action: 'outbound.held', actor: 'api' },
      { action: 'agent.changed', before: { name: 'Ada' }, after: { name: 'Bea' } },
      { action: 'agent.created' },
    ]);
    const page = await surface.ask('GET', '/audit?area=agent&limit=1');
    expect(page.body.items).toMatchObject([{ action: 'agent.changed' }]);
    const next = await surface.ask('GET', `/audit?area=agent&limit=1&cursor=${page.body.nextCursor ?? ''}`);
    expect(next.body.items).toMatchObject([{ action: 'agent.created' }]);
    expect((await surface.ask('GET', `/audit?subjectId=${agent.body.id}`)).body.items).toHaveLength(2);
    expect((await surface.ask('GET', '/audit?q=out_ound')).body.items, 'signs of patterns are words').toEqual([]);
    expect((await surface.ask('GET', '/audit?until=2020-01-01T00:00:00Z')).body.items).toEqual([]);
    expect((await surface.ask('GET', '/audit?cursor=strange')).status).toBe(400);
  });
});

test('the state of the installation names its replicas, its database and its limits', async () => {
  const surface = await open();
  await surface.world.replica({ seconds: -5 });
  const { body } = await surface.ask('GET', '/system/health');
  expect(body).toMatchObject({
    replicaId: surface.world.replicaId,
    database: { embedded: false, cannotRecognise: ['failover'] },
    limits: { retentionDays: 90, outboundAllowlist: null },
  });
  const { replicas } = body as unknown as { replicas: { id: string; leaseSeconds: number; liveCalls: number }[] };
  expect(replicas).toHaveLength(2);
  expect(replicas.find(({ id }) => id === surface.world.replicaId)?.leaseSeconds).toBeGreaterThan(3_000);
  expect(replicas.find(({ id }) => id !== surface.world.replicaId)?.leaseSeconds).toBeLessThan(0);
});

describe('the wiring of a number', () => {
  const wiringOf = async (surface: Surface, carrier = 'fake') => {
    const id = uuidv7();
    await surface.world.database.orm.insert(phoneNumber).values({ id, number: '+13125550100', carrier });
    const { status, body } = await surface.ask('GET', `/phone-numbers/${id}/wiring`);
    expect(status).toBe(200);
    const { checks, ...rest } = body as unknown as {
      checks: { name: string; ok: boolean | null; says: string }[];
      webhooks: { url: string }[];
      lastInboundAt: string | null;
    };
    return { ...rest, of: Object.fromEntries(checks.map(({ name, ok }) => [name, ok])) };
  };
  const carrier = () =>
    Object.assign(new HttpCarrier('http://127.0.0.1:1'), {
      webhooks: {
        routes: [
          { method: 'POST', path: '/voice' },
          { method: 'POST', path: '/status/:attemptId' },
        ],
        verify: () => false,
        parse: () => [],
      } as const,
    });

  test('a gateway without an https address says so, and what to enter at the carrier', async () => {
    const surface = await open({ carriers: [carrier()], publicUrl: 'http://127.0.0.1:8080' });
    const { of, webhooks, lastInboundAt } = await wiringOf(surface);
    expect(of).toMatchObject({
      carrier: true,
      agent: true,
      public_url: false,
      reachable: null,
      inbound: null,
      outbound: false,
    });
    expect(webhooks.map(({ url }) => url)).toEqual(['http://127.0.0.1:8080/carriers/fake/voice']);
    expect(lastInboundAt).toBeNull();
  });

  test('an address that answers is told apart from one that does not', async () => {
    expect((await wiringOf(await open({ carriers: [carrier()] }))).of).toMatchObject({
      public_url: true,
      reachable: true,
    });
    expect((await wiringOf(await open({ carriers: [carrier()], reachable: false }))).of).toMatchObject({
      reachable: null,
    });
  });

  test('the last call that came in is told, and a carrier that is not set up', async () => {
    const surface = await open();
    const agent = await surface.world.agent();
    await surface.world.inboundCall(agent.id, surface.world.person(), 60);
    await surface.world.database.sql`update call set to_number = '+13125550100'`;
    const { of, webhooks, lastInboundAt } = await wiringOf(surface, 'nobody');
    expect(of).toMatchObject({ carrier: false, inbound: true });
    expect(webhooks).toEqual([]);
    expect(lastInboundAt).not.toBeNull();
  });
});
