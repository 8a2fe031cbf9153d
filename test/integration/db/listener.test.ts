import postgres from 'postgres';
import { expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../db/database.ts';
import { SESSION_LOCK_CLASS } from '../../../db/listener.ts';
import { defaultDatabaseTimes } from '../../../db/times.ts';
import { systemClock } from '../../../src/clock.ts';
import { createTestDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { openTcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/until.ts';

const times = {
  ...defaultDatabaseTimes,
  queryMs: 1_000,
  retryFromMs: 20,
  retryToMs: 100,
  heartbeatEveryMs: 200,
  heartbeatWithinMs: 300,
};

function open(url: string, over: Partial<Parameters<typeof openDatabase>[0]> = {}): Database {
  return openDatabase({
    url,
    clock: systemClock,
    log: quietLog(),
    times,
    migrationsFolder: null,
    ...over,
  });
}

/** Payloads and catch-ups in the order in which they came, and a way to wait for one. */
function hear(database: Database, channel: string) {
  const heard: string[] = [];
  const waiting = new Set<() => void>();
  const add = (what: string): void => {
    heard.push(what);
    for (const look of waiting) look();
  };
  const subscription = database.listen(channel, add, () => add('catch up'));
  const wait = (count: number): Promise<void> =>
    until(
      `${count} events on ${channel}, heard ${JSON.stringify(heard)}`,
      new Promise((resolve) => {
        const look = (): void => {
          if (heard.length >= count) resolve();
        };
        waiting.add(look);
        look();
      }),
    );
  return { heard, wait, subscription };
}

test('a subscriber is told to catch up first, and then hears what every process sends', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using one = open(own.url);
  await using other = open(own.url);
  const due = hear(one, 'due');
  await due.wait(1);
  await until('the other', other.ready());
  await other.notify('due', 'from the other');
  await due.wait(2);
  await one.notify('due', 'from ourselves');
  await due.wait(3);
  await one.notify('elsewhere', 'not for us');
  const late = hear(one, 'elsewhere');
  await late.wait(1);
  await one.notify('elsewhere', 'now');
  await late.wait(2);
  expect(due.heard).toEqual(['catch up', 'from the other', 'from ourselves']);
  expect(late.heard).toEqual(['catch up', 'now']);
});

test('when its connection is ended the listener comes back and catches up', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  const due = hear(database, 'due');
  await due.wait(1);
  const admin = postgres(own.url, { max: 1 });
  const ended =
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen %'`;
  await admin.end();
  expect(ended).toHaveLength(1);
  await due.wait(2);
  await until('the database', database.ready());
  await database.notify('due', 'after');
  await due.wait(3);
  expect(due.heard).toEqual(['catch up', 'catch up', 'after']);
});

test('a link that swallows everything is noticed by the missing heartbeat', async () => {
  await using own = await createTestDatabase({ empty: true });
  const real = new URL(own.url);
  await using proxy = await openTcpProxy({ host: real.hostname, port: Number(real.port) });
  const direct = new URL(own.url);
  direct.port = String(proxy.port);
  await using database = open(own.url, { directUrl: direct.href });
  const due = hear(database, 'due');
  await due.wait(1);
  const before = proxy.accepted;
  proxy.swallow();
  await database.notify('due', 'lost in the hole');
  await due.wait(2);
  expect(proxy.accepted).toBeGreaterThan(before);
  await database.notify('due', 'heard');
  await due.wait(3);
  expect(due.heard).toEqual(['catch up', 'catch up', 'heard']);
});

test('a handler that throws is logged without what it heard, and the others still hear', async () => {
  await using own = await createTestDatabase({ empty: true });
  const log = quietLog();
  await using database = open(own.url, { log });
  database.listen(
    'due',
    (payload) => {
      throw new Error(`cannot handle ${payload}`);
    },
    () => undefined,
  );
  const due = hear(database, 'due');
  await due.wait(1);
  await database.notify('due', 'a secret');
  await due.wait(2);
  expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1);
  expect(JSON.stringify(log.lines)).not.toContain('a secret');
});

test('a closed subscription hears nothing more', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  const closed = hear(database, 'due');
  const staying = hear(database, 'due');
  await closed.wait(1);
  await staying.wait(1);
  closed.subscription.close();
  await database.notify('due', 'one');
  await staying.wait(2);
  expect(closed.heard).toEqual(['catch up']);
});

test('a session lock is held while the connection stands, told lost when it goes, and taken again', async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = open(own.url);
  const lost = Promise.withResolvers<void>();
  let losses = 0;
  using _lock = database.hold('somebody', () => {
    losses += 1;
    lost.resolve();
  });
  const due = hear(database, 'due');
  await due.wait(1);
  const admin = postgres(own.url, { max: 1 });
  const holders = async (): Promise<number[]> =>
    (
      await admin<{ pid: number }[]>`
      select pid from pg_locks where locktype = 'advisory' and classid = ${SESSION_LOCK_CLASS}::oid
        and objid = hashtext('somebody')::oid`
    ).map(({ pid }) => pid);
  const seenAs = async (count: number): Promise<number[]> => {
    for (;;) {
      const pids = await holders();
      if (pids.length === count) return pids;
    }
  };
  const first = await until('the lock', seenAs(1));
  expect(losses).toBe(0);
  await admin`select pg_terminate_backend(${first[0] ?? 0})`;
  await until('the loss', lost.promise);
  const second = await until('the lock again', seenAs(1));
  expect(second).not.toEqual(first);
  expect(losses).toBe(1);
  await admin.end();
});
