import { fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredEvent } from '../../../db/event-store.ts';
import { systemClock } from '../../../src/clock.ts';
import type { AppDeps } from '../../../src/http/deps.ts';
import { openEventFeed } from '../../../src/events/event-feed.ts';
import type { SignedIn } from '../../../src/http/signed-in.ts';
import { eventRoutes } from '../../../src/http/events.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';
import { openSurface, TOKEN, type Surface } from './surface.ts';

interface Told {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** Reads a stream of events until `enough` of them have come, then leaves. */
async function read(url: string, lastEventId: string | null, enough: number, onOpen?: () => Promise<void>) {
  const leave = new AbortController();
  const response = await fetch(url, {
    signal: leave.signal,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
    },
  });
  expect(response.headers.get('content-type')).toMatch('text/event-stream');
  const told: Told[] = [];
  const reading = (async (): Promise<void> => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = /^event: (.*)$/m.exec(block)?.[1];
        if (event === undefined) continue;
        told.push({ id: /^id: (.*)$/m.exec(block)?.[1] ?? null, event, data: /^data: (.*)$/m.exec(block)?.[1] ?? '' });
        if (told.length === enough) return;
      }
    }
  })();
  await onOpen?.();
  await until(`${enough} events`, reading);
  leave.abort();
  return told;
}

describe('the events of a gateway', () => {
  let surface: Surface;
  let url: string;
  beforeEach(async () => {
    surface = await openSurface();
    url = `${await surface.app.listen({ host: '127.0.0.1', port: 0 })}/api/v1/events`;
  });
  afterEach(() => surface[Symbol.asyncDispose]());

  const book = async (line: string): Promise<void> => {
    const agent = (await surface.ask('GET', '/agents')).body.items[0];
    const dueAt = Temporal.Now.instant().add({ hours: 1 }).toString();
    const { status } = await surface.ask('POST', '/callbacks', { agentId: agent?.id, to: line, dueAt, reason: 'x' });
    expect(status).toBe(201);
  };

  test('are told with the new row, and a reader that comes back gets what it missed', async () => {
    const [first] = await read(url, null, 1, () => book('browser:aaaaaaaa1'));
    expect(first).toMatchObject({ event: 'callback.changed' });
    expect(JSON.parse(first?.data ?? '{}')).toMatchObject({ to: 'browser:aaaaaaaa1', status: 'scheduled' });
    await book('browser:aaaaaaaa2');
    const [again, missed] = await read(url, first?.id ?? '', 2);
    expect(again?.id, 'what was near it may be told twice').toBe(first?.id);
    expect(JSON.parse(missed?.data ?? '{}')).toMatchObject({ to: 'browser:aaaaaaaa2' });
  });

  test('from before are not told to the first who listens after a start', async () => {
    for (let index = 1; index <= 5; index += 1) await book(`browser:aaaaaaad${index}`);
    const { database } = surface.world;
    await using feed = openEventFeed({ database, clock: systemClock, log: quietLog() });
    const first = Promise.withResolvers<StoredEvent>();
    const subscription = await feed.subscribe(null, first.resolve);
    await book('browser:aaaaaaad6');
    const { subjectId } = await until('an event', first.promise);
    if (subscription !== false) subscription[Symbol.dispose]();
    const [row] = await database.sql<{ to: string }[]>`select to_number as to from callback where id = ${subjectId}`;
    expect(row).toEqual({ to: 'browser:aaaaaaad6' });
  });

  test('are told at once to a reader that comes while many are made that nobody hears', async () => {
    for (let index = 1; index <= 5; index += 1) await book(`browser:aaaaaaab${index}`);
    const told = await read(url, null, 12, async () => {
      for (let index = 6; index <= 9; index += 1) await book(`browser:aaaaaaab${index}`);
      for (let index = 1; index <= 9; index += 1) await book(`browser:aaaaaaac${index}`);
    });
    const lines = told.map(({ data }) => (JSON.parse(data) as { to: string }).to);
    expect(lines).toContain('browser:aaaaaaab6');
    expect(new Set(lines).size, 'none of them twice').toBe(lines.length);
  });

  test('that were committed late, behind what a reader had heard already, are told when it comes back', async () => {
    const { sql } = surface.world.database;
    // Its id is given before the commit, as if a slow transaction had begun earlier.
    const [late] = await sql<{ id: string }[]>`select nextval('event_id_seq') as id`;
    const [heard] = await read(url, null, 1, () => book('browser:aaaaaaaa5'));
    expect(Number(heard?.id)).toBeGreaterThan(Number(late?.id));
    const [row] = await sql<{ id: string }[]>`select id from callback limit 1`;
    await sql`insert into event (id, type, subject_id) values (${late?.id ?? ''}, 'callback.changed', ${row?.id ?? ''})`;
    const told = await read(url, heard?.id ?? '', 2);
    expect(told.map(({ id }) => id)).toContain(String(late?.id));
  });

  test.each(['999999999', 'nonsense', '-1', '9'.repeat(40)])(
    'a reader that comes back with %s is told to look anew, and hears what comes',
    async (id) => {
      const told = await read(url, id, 2, () => book('browser:aaaaaaaa3'));
      expect(told.map(({ event }) => event)).toEqual(['reset', 'callback.changed']);
    },
  );
});

test('a row that could not be read once is read again for the reader that comes back', async () => {
  const event: StoredEvent = {
    id: 7,
    type: 'call.changed',
    subjectId: '018f0000-0000-7000-8000-000000000001',
    turnIndex: null,
    createdAt: Temporal.Now.instant(),
  };
  let reads = 0;
  const app = fastify();
  const deps: Pick<AppDeps, 'clock' | 'log'> & { feed: Pick<AppDeps['feed'], 'subscribe'>; calls: object } = {
    clock: systemClock,
    log: quietLog(),
    feed: {
      async subscribe(_after, hear) {
        hear(event);
        return { [Symbol.dispose]: () => undefined };
      },
    },
    calls: {
      async find() {
        reads += 1;
        if (reads === 1) throw new Error('the database is away');
        return undefined;
      },
    },
  };
  // Nobody signs in here, so no session is ever held.
  const signedIn = { hold: () => ({ [Symbol.dispose]: () => undefined }) } as unknown as SignedIn;
  await eventRoutes(app, deps as unknown as AppDeps, signedIn);
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/events`;
  try {
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow(TypeError);
    const leave = new AbortController();
    await fetch(url, { signal: leave.signal });
    expect(reads).toBe(2);
    leave.abort();
  } finally {
    await app.close();
  }
});
