import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { speak } from '../integration/twilio/world.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { FULL, OURS, type Wire } from './replica-world.ts';
import { allSeen, health, openPostgresWorld, type PostgresWorld } from './support/postgres-world.ts';
import { asksFor, conversations, listens, outcomes, people, promise, somebody } from './support/promises.ts';

/* Two replicas over a Postgres that is there, and does not do what it should: slow, full, locked, deaf, out of room. */

const TROUBLE_MS = FULL ? 20_000 : 4_000;
const WAIT_MS = 60_000;

const crowd = people(listens());
let scene: PostgresWorld;

beforeAll(async () => {
  scene = await openPostgresWorld({
    replicas: ['a', 'b'],
    agent: { limits: { silencePromptSeconds: 60, silencePrompts: 2, maxCallMinutes: 30 } },
    sentences: ['are you slow', 'are you full', 'what else', 'goodbye'],
  });
  scene.world.twilio.callee = crowd.callee;
}, 120_000);
afterAll(() => scene?.[Symbol.asyncDispose]());

const pass = (ms: number): Promise<void> => systemClock.sleep(ms, new AbortController().signal);

/** What was said, without the question after a silence. */
function wordsOf(log: Wire): unknown[] {
  return log.transcript
    .map(({ heardText, text }) => heardText ?? text)
    .filter((text) => text !== 'Are you still there?');
}

/** Kept by one dial, and one conversation. */
async function keptOnce(to: string, due: { id: string }): Promise<void> {
  const done = await scene.world.watch(
    `the end of ${due.id}`,
    `/callbacks/${due.id}`,
    ({ status }) => status === 'completed',
    WAIT_MS,
  );
  expect(outcomes(done).filter((outcome) => outcome === 'completed')).toHaveLength(1);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
  expect(conversations(scene.world.twilio, to)).toHaveLength(1);
}

test('P5: the listening connection goes deaf without a word: it is noticed, and listened on anew', async () => {
  const { world, cluster, linkUrl } = scene;
  await using ears = await openTcpProxy({ host: '127.0.0.1', port: cluster.port });
  const deaf = await world.start('c', {
    DATABASE_DIRECT_URL: linkUrl.replace(/:\d+\/postgres/, `:${ears.port}/postgres`),
  });
  const before = ears.accepted;
  ears.swallow();
  await until(
    'a new listening connection',
    (async () => {
      while (ears.accepted === before) await pass(100);
    })(),
    WAIT_MS,
  );
  const to = somebody();
  await keptOnce(to, await promise(world, to, 1_000));
  expect(await health(world, 'c')).toEqual({ alive: 200, ready: 200 });
  expect(await deaf.stop('SIGTERM')).toBe(0);
  world.replicas.delete('c');
});

test('P6: each answer of Postgres takes 50 ms, then 2 s: a live call does not hear of it, and the dials are made once', async () => {
  const { world, link } = scene;
  await using _fast = { [Symbol.asyncDispose]: async () => link.delay(0) };
  const caller = await world.twilio.phone(somebody(), OURS, world.voice);
  await until('the greeting', caller.quiet(), WAIT_MS);
  const slow = somebody();
  link.delay(50);
  await keptOnce(slow, await promise(world, slow, 1_000));
  const slower = somebody();
  const due = await promise(world, slower, 3_000);
  link.delay(2_000);
  speak(caller);
  await until('the answer', caller.quiet(), WAIT_MS);
  await pass(TROUBLE_MS);
  expect(asksFor(world.twilio, slower).length).toBeLessThanOrEqual(1);
  link.delay(0);
  await keptOnce(slower, due);
  await caller.hangUp();
  const log = await world.logOf(caller.sid);
  expect(wordsOf(log)).toEqual(['Hello.', 'are you slow', 'You said: are you slow']);
  await allSeen(world, true);
});

test('P8: others take all connections: replicas wait alive until there is room again, and then keep what was due', async () => {
  const { world, cluster, link } = scene;
  const others: postgres.Sql[] = [];
  await using _released = {
    [Symbol.asyncDispose]: async () => void (await Promise.all(others.splice(0).map((one) => one.end({ timeout: 1 })))),
  };
  const occupy = async (): Promise<boolean> => {
    const one = postgres(cluster.url, { max: 1, onnotice: () => undefined });
    others.push(one);
    try {
      await one`select 1`;
      return true;
    } catch (error) {
      if (error instanceof postgres.PostgresError && error.code === '53300') return false;
      throw error;
    }
  };
  const to = somebody();
  const due = await promise(world, to, 2_000);
  // The replicas lose theirs for a moment, and others were quicker.
  link.refuse(true);
  await allSeen(world, false);
  while (await occupy());
  link.refuse(false);
  await pass(TROUBLE_MS / 2);
  for (const name of ['a', 'b']) expect((await health(world, name)).alive).toBe(200);
  expect(world.replica('a').output + world.replica('b').output).toContain('53300');
  await Promise.all(others.splice(0).map((one) => one.end({ timeout: 1 })));
  await allSeen(world, true);
  await keptOnce(to, due);
});

test('P11: two transactions wait for each other and Postgres ends ours: it is run again, and nobody sees it', async () => {
  const { world, cluster } = scene;
  const due = await promise(world, somebody(), 3_600_000);
  await using other = await cluster.connect();
  const moved = { dueAt: Temporal.Now.instant().add({ hours: 2 }).toString({ smallestUnit: 'second' }) };
  const answer = await other.sql.begin(async (tx) => {
    await tx`select 1 from timer where id = ${due.id} for update`;
    const moving = world.ask('POST', `/callbacks/${due.id}/reschedule`, moved);
    await until(
      'ours to wait for the timer',
      (async () => {
        for (;;) {
          const [waiting] = await scene.world.sql`select 1 from pg_locks where not granted`;
          if (waiting !== undefined) return;
        }
      })(),
    );
    await tx`update callback set reason = 'seen by another' where id = ${due.id}`;
    return { moving };
  });
  expect((await answer.moving).status).toBe(200);
  const after = await world.api('GET', `/callbacks/${due.id}`);
  expect(after).toMatchObject({ reason: 'seen by another', status: 'scheduled' });
  expect(Date.parse(String(after['dueAt']))).toBe(Date.parse(moved.dueAt));
  const [ended] = await scene.world.sql<{ deadlocks: number }[]>`
    select deadlocks::int from pg_stat_database where datname = current_database()`;
  expect(ended?.deadlocks).toBeGreaterThanOrEqual(1);
});

test('P12: the disk of Postgres is full: a call goes on, a booking is refused in words, nothing spins, and all is kept after it', async () => {
  const { world } = scene;
  const { sql } = world;
  const caller = await world.twilio.phone(somebody(), OURS, world.voice);
  await until('the greeting', caller.quiet(), WAIT_MS);
  // What a full disk answers, from the server itself: the rows of calls and callbacks can't be written.
  await sql.unsafe(`
    create sequence refused;
    create function disk_full() returns trigger language plpgsql as $$
    begin
      perform nextval('refused');
      raise exception 'could not extend file: No space left on device' using errcode = 'disk_full';
    end $$;
    create trigger full_disk before insert on turn for each row execute function disk_full();
    create trigger full_disk before insert on callback for each row execute function disk_full();`);
  speak(caller);
  await until('the answer', caller.quiet(), WAIT_MS);
  const refused = await world.ask('POST', '/callbacks', {
    agentId: world.agentId,
    to: somebody(),
    dueAt: Temporal.Now.instant().add({ minutes: 1 }).toString({ smallestUnit: 'second' }),
  });
  expect(refused.status).toBeGreaterThanOrEqual(500);
  expect(refused.headers.get('content-type')).toContain('problem+json');
  await pass(TROUBLE_MS);
  const [tries] = await sql<{ n: number }[]>`select last_value::int as n from refused`;
  expect(tries?.n).toBeLessThan(FULL ? 60 : 30);
  await sql.unsafe(`
    drop trigger full_disk on turn; drop trigger full_disk on callback;
    drop function disk_full(); drop sequence refused;`);
  speak(caller);
  await until('the next answer', caller.quiet(), WAIT_MS);
  await caller.hangUp();
  const log = await world.logOf(caller.sid);
  expect(wordsOf(log)).toEqual([
    'Hello.',
    'are you full',
    'You said: are you full',
    'what else',
    'You said: what else',
  ]);
  for (const name of ['a', 'b']) expect(await health(world, name)).toEqual({ alive: 200, ready: 200 });
});

test('P13: somebody holds the row of one callback: the others are dialled, and that one when it is let go', async () => {
  const { world, cluster } = scene;
  const [held, free] = [somebody(), somebody()];
  const stuck = await promise(world, held, 1_500);
  const other = await promise(world, free, 1_500);
  await using holder = await cluster.connect();
  await holder.sql.begin(async (tx) => {
    await tx`select 1 from callback where id = ${stuck.id} for update`;
    await keptOnce(free, other);
    expect(asksFor(world.twilio, held)).toEqual([]);
  });
  await keptOnce(held, stuck);
});

test('P14: a table is locked as a migration locks it: statements end in time, and what was due is dialled once', async () => {
  const { world, cluster } = scene;
  const to = somebody();
  const due = await promise(world, to, 500);
  await using holder = await cluster.connect();
  await holder.sql.begin(async (tx) => {
    await tx`lock table callback in access exclusive mode`;
    await pass(TROUBLE_MS);
    expect(asksFor(world.twilio, to).length).toBeLessThanOrEqual(1);
  });
  await keptOnce(to, due);
  for (const name of ['a', 'b']) expect((await health(world, name)).alive).toBe(200);
});

test('P18, crash point 3: the hint of a near promise is lost: a look at the table finds it', async () => {
  const { world } = scene;
  const to = somebody();
  const due = await promise(world, to, 3_600_000);
  // Straight into the tables, so that nobody is told.
  await world.sql.begin(async (tx) => {
    await tx`update callback set due_at = now() + interval '1 s', next_attempt_at = now() + interval '1 s' where id = ${due.id}`;
    await tx`update timer set fire_at = now() + interval '1 s' where id = ${due.id}`;
  });
  await keptOnce(to, due);
});
