import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { inject, expect, test } from 'vitest';
import type { Database } from '../../../db/database.ts';
import { openIdentityStore } from '../../../db/identity-store.ts';
import { outboundHeldReason, releaseOutbound } from '../../../db/outbound-store.ts';
import { openReplicaStore } from '../../../db/replica-store.ts';
import type { Carrier, FoundCall } from '../../../src/carriers/carrier.ts';
import { systemClock } from '../../../src/clock.ts';
import { openDatabaseHold } from '../../../src/database-hold.ts';
import type { DatabaseIdentity } from '../../../src/domain/database-identity.ts';
import { openDatabaseMemories } from '../../../src/scheduler/database-memory.ts';
import { defaultOutboundHoldTimes, type OutboundHoldTimes } from '../../../src/scheduler/outbound-hold.ts';
import { FakeCarrierServer } from '../../fakes/http-carrier-server.ts';
import { HttpCarrier } from '../../fakes/http-carrier.ts';
import { createTestDatabase } from '../../support/database.ts';
import { openFolder } from '../../support/folder.ts';
import { dropDatabase, withDatabase } from '../../support/postgres-setup.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';
import { openTestDatabase, shortTimes } from './parts.ts';
import { World } from './world.ts';

const quick: OutboundHoldTimes = { ...defaultOutboundHoldTimes, lookEveryMs: 100, settleMs: 50, deadlineMs: 1_000 };

test('a copy of the database calls nobody until an operator releases it, and then keeps its promises', async () => {
  await using scene = await openScene();
  const { world, carrier } = scene;
  await scene.replica();
  const callback = await world.book(600_000);
  // The copy is made of a database that nobody is connected to.
  const copy = await scene.copy();
  await copy.sql`update timer set fire_at = now()`;
  await copy.sql`update callback set next_attempt_at = (select fire_at from timer where timer.id = callback.id)`;
  await scene.replica(copy.database);
  const reason = await seen('the hold', () => outboundHeldReason(copy.database));
  expect(reason).toContain('restored or copied');
  await seen('the reason at the promise', async () => {
    const [row] = await copy.sql<{ warning: string | null }[]>`select warning from callback`;
    return row?.warning ?? null;
  });
  expect(carrier.requests).toEqual([]);

  await releaseOutbound(copy.database, 'operator');
  await copy.sql`update timer set fire_at = now()`;
  await copy.sql`update callback set next_attempt_at = (select fire_at from timer where timer.id = callback.id)`;
  await until(
    'the call',
    carrier.whenever(() => carrier.requests.length === 1),
  );
  expect((await world.deps(copy.database).store.attemptsOf(callback.id)).map((one) => one.id)).toEqual(
    carrier.requests,
  );
  // From now on it is an installation of its own: started again it goes on, without anybody's word.
  await scene.replica(copy.database);
  expect(await outboundHeldReason(copy.database)).toBeNull();
});

test('a database in another cluster than it says of itself is held', async () => {
  await using scene = await openScene();
  await scene.replica();
  await scene.world.database.sql`
    update setting set value = jsonb_set(value, '{known,systemIdentifier}', '"1"') where key = 'database_identity'`;
  await scene.replica();
  expect(await outboundHeldReason(scene.world.database)).toContain('restored or copied');
});

test('a backup that was put back in its place is known by what a replica remembers', async () => {
  await using scene = await openScene();
  const { world, folder, carrier } = scene;
  await scene.replica(undefined, { ...quick, epochEveryMs: 20 });
  const memory = await seen('a memory', async () => {
    const [one] = (await openDatabaseMemories(folder)).all;
    return one !== undefined && one.epoch > 1 ? one : null;
  });
  const written = JSON.parse(await readFile(join(folder, 'databases.json'), 'utf8')) as { databases: object[] };
  expect(written.databases).toHaveLength(1);
  await scene.stop();
  // Whatever was restored, its epoch is that of its time.
  await world.database.sql`update setting set value = jsonb_set(value, '{epoch}', '1') where key = 'database_identity'`;
  const callback = await world.book(50);
  await scene.replica();
  expect(await outboundHeldReason(world.database)).toContain('a replica remembers a later state');
  expect((await world.see(callback.id, 'its warning', (one) => one.warning !== null)).warning).toContain('held');
  expect(carrier.requests).toEqual([]);
  expect(memory.epoch).toBeGreaterThan(1);
});

test('a backup from before the database wrote down which one it is, is known too', async () => {
  await using scene = await openScene();
  await scene.replica(undefined, { ...quick, epochEveryMs: 20 });
  await seen('a memory', async () => (await openDatabaseMemories(scene.folder)).all[0] ?? null);
  await scene.stop();
  await scene.world.database.sql`delete from setting where key = 'database_identity'`;
  await scene.replica();
  expect(await outboundHeldReason(scene.world.database)).toContain('a replica remembers');
  await releaseOutbound(scene.world.database, 'operator');
  await scene.replica();
  expect(await outboundHeldReason(scene.world.database)).toBeNull();
});

test('a database that was only restarted is dialled from as before', async () => {
  await using scene = await openScene();
  const { world, carrier } = scene;
  await scene.replica();
  await restarted(world.database);
  await world.book(300);
  await until(
    'the call',
    carrier.whenever(() => carrier.requests.length === 1),
  );
  expect(await outboundHeldReason(world.database)).toBeNull();
});

test('a database that is exchanged under running replicas is not dialled from, not even in the moment before they look', async () => {
  await using scene = await openScene();
  const { world, carrier } = scene;
  // The lease is renewed every two seconds: the claims of the time between are refused by the database.
  await scene.replica(undefined, quick, { ...shortTimes, heartbeatEveryMs: 2_000, leaseMs: 10_000 });
  const callback = await world.book(400);
  await world.database.sql`
    update setting set value = jsonb_set(jsonb_set(value, '{known,systemIdentifier}', '"1"'), '{looked,serverStart}', '"0"')
    where key = 'database_identity'`;
  const held = await world.see(callback.id, 'its warning', (one) => one.warning !== null);
  expect(held).toMatchObject({ status: 'scheduled', attemptsMade: 0 });
  expect(held.warning).toContain('All outbound is held: the database was restored or copied');
  expect(carrier.requests).toEqual([]);
});

test('after a failover the calls of that time are found by their number, nobody is called twice, and it goes on by itself', async () => {
  await using scene = await openScene();
  const { world, carrier } = scene;
  await scene.replica();
  const called = await world.book(100);
  await until(
    'the first call',
    carrier.whenever(() => carrier.requests.length === 1),
  );
  await world.seeAttempt(called.id, 'placed', 'ringing');
  await scene.stop();
  // The standby had not heard of the dial, and was promoted.
  await forgetDial(world.database, called.id);
  await restarted(world.database);
  const uncalled = await world.book(1);
  scene.timeline = 2;
  await scene.replica();
  const dialing = await world.see(called.id, 'the restored dial', (one) => one.status === 'dialing');
  const [restored] = await world.attempts(called.id);
  expect(restored).toMatchObject({ id: dialing.currentAttemptId, carrierCallId: carrier.calls[0]?.carrierCallId });
  // The promise that had not been dialled is, now.
  await until(
    'the other call',
    carrier.whenever(() => carrier.calls.some((call) => call.to === uncalled.to)),
    15_000,
  );
  expect(await outboundHeldReason(world.database)).toBeNull();
  expect(carrier.calls.filter((call) => call.to === called.to)).toHaveLength(1);
});

test('while a carrier does not say which calls it knows, a failover holds everything', async () => {
  await using scene = await openScene();
  const { world, carrier } = scene;
  await scene.replica();
  await scene.stop();
  await restarted(world.database);
  scene.timeline = 2;
  scene.silent = true;
  const callback = await world.book(1);
  await scene.replica();
  await world.see(callback.id, 'its warning', (one) => one.warning?.includes('failed over') === true);
  await seen('a second try', async () => (scene.asked >= 2 ? true : null));
  expect(carrier.requests).toEqual([]);
  scene.silent = false;
  await until(
    'the call',
    carrier.whenever(() => carrier.requests.length === 1),
    20_000,
  );
});

test('a timeline that went back is an older copy of the files: that is a restore', async () => {
  await using scene = await openScene();
  scene.timeline = 3;
  await scene.replica();
  await scene.stop();
  scene.timeline = 2;
  await scene.replica();
  expect(await outboundHeldReason(scene.world.database)).toContain('restored');
});

test("a failover does not end an operator's own hold", async () => {
  await using scene = await openScene();
  const { world } = scene;
  await scene.replica();
  await scene.stop();
  await world.database.sql`insert into setting (key, value) values ('outbound_hold', '"the office is closed"')`;
  scene.timeline = 2;
  await scene.replica();
  await seen('the end of the matching', async () => {
    const [row] = await world.database.sql<{ open: boolean }[]>`
      select value ? 'failover' as open from setting where key = 'database_identity'`;
    return row?.open === false ? true : null;
  });
  expect(await outboundHeldReason(world.database)).toBe('the office is closed');
});

test('the timeline is that of the server itself, and where the role may not read the cluster it says so and goes on', async () => {
  await using own = await createTestDatabase();
  const role = `ringback_role_${Math.trunc(systemClock.nowMs())}_${process.pid}`;
  const admin = postgres(own.url, { max: 1, onnotice: () => undefined });
  await using opened = new AsyncDisposableStack();
  opened.defer(async () => {
    await admin`drop owned by ${admin(role)}`;
    await admin`drop role ${admin(role)}`;
    await admin.end();
  });
  await admin.unsafe(`create role ${role} login password 'role'`);
  await admin.unsafe(`grant all on all tables in schema public to ${role}`);
  await admin.unsafe('revoke execute on function pg_control_system() from public');
  const url = new URL(own.url);
  url.username = role;
  url.password = 'role';
  const identities = [];
  for (const as of [own.url, url.href]) {
    const database = opened.use(openTestDatabase(as));
    await until('the database', database.ready());
    const store = openIdentityStore({ database, leaseMs: 10_000 });
    const { identity } = await store.look(({ identity: found, record }) => ({
      record: record ?? { installation: 'x', epoch: 1, known: null, looked: found },
      hold: null,
    }));
    identities.push({ identity, reach: store.reach });
  }
  const [whole, poor] = identities;
  const [control] = await admin<{ timeline: number; cluster: string }[]>`
    select timeline_id as timeline, (select system_identifier::text from pg_control_system()) as cluster
    from pg_control_checkpoint()`;
  expect(whole?.identity).toMatchObject({ timeline: control?.timeline, systemIdentifier: control?.cluster });
  expect(whole?.reach).toEqual({ cluster: true, timeline: true });
  expect(poor?.reach).toEqual({ cluster: false, timeline: true });
  expect(poor?.identity).toEqual({ ...whole?.identity, systemIdentifier: null });
});

// ---------------------------------------------------------------- the scene

interface Scene extends AsyncDisposable {
  readonly world: World;
  readonly carrier: FakeCarrierServer;
  /** `DATA_DIR` of the replicas. */
  readonly folder: string;
  /** What the server says of its timeline; a test promotes it by raising this. */
  timeline: number;
  /** The carrier does not list its calls. */
  silent: boolean;
  /** How often it was asked to. */
  asked: number;
  /** Starts a replica behind the hold, on the world's database or another one. */
  replica(database?: Database, times?: OutboundHoldTimes, schedulerTimes?: typeof shortTimes): Promise<void>;
  /** Stops all replicas. */
  stop(): Promise<void>;
  /** Stops everything and copies the database within its cluster. */
  copy(): Promise<{ database: Database; sql: postgres.Sql }>;
}

async function openScene(): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await openFolder());
  const carrier = opened.use(await FakeCarrierServer.open());
  const world = opened.use(await World.open(carrier.url));
  let running = new AsyncDisposableStack();
  opened.defer(() => running.disposeAsync());
  const scene = { timeline: 1, silent: false, asked: 0 };
  const listing: Carrier = Object.assign(new HttpCarrier(carrier.url), {
    async findTo(to: string): Promise<FoundCall[]> {
      scene.asked += 1;
      if (scene.silent) throw new Error('no answer');
      return carrier.calls.filter((call) => call.to === to).toReversed();
    },
  });
  const disguise = (identity: DatabaseIdentity): DatabaseIdentity => ({ ...identity, timeline: scene.timeline });

  async function stop(): Promise<void> {
    const before = running;
    running = new AsyncDisposableStack();
    await before.disposeAsync();
  }
  const owned = opened.move();
  return Object.assign(scene, {
    world,
    carrier,
    folder: folder.path,
    async replica(database = world.database, times = quick, schedulerTimes = shortTimes) {
      const hold = running.use(
        openDatabaseHold({
          database,
          callbacks: world.deps(database),
          carriers: () => [listing],
          folder: folder.path,
          leaseMs: schedulerTimes.leaseMs,
          clock: systemClock,
          log: quietLog(world.lines),
          times,
          disguise,
        }),
      );
      hold.start();
      const scheduler = await world.replica({
        callbacks: world.deps(database),
        replicas: hold.guarding(openReplicaStore(database)),
        database,
        times: schedulerTimes,
      });
      running.defer(() => scheduler.stop());
    },
    stop,
    async copy() {
      await stop();
      const { url } = inject('testPostgres');
      const name = `ringback_copy_${process.pid}_${Math.trunc(systemClock.nowMs())}`;
      const admin = postgres(url, { max: 1, onnotice: () => undefined });
      try {
        const from = new URL(world.url).pathname.slice(1);
        await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${from}`;
        await admin.unsafe(`alter database ${from} with allow_connections false`);
        await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${from}`;
        await admin.unsafe(`create database ${name} template ${from}`);
        await admin.unsafe(`alter database ${from} with allow_connections true`);
      } finally {
        await admin.end();
      }
      owned.defer(() => dropDatabase(url, name));
      const database = owned.use(openTestDatabase(withDatabase(url, name)));
      await until('the copy', database.ready());
      const sql = postgres(withDatabase(url, name), { max: 1, onnotice: () => undefined });
      owned.defer(() => sql.end());
      return { database, sql };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  });
}

/** As if its server had been started anew: what it wrote down names another start. */
async function restarted(database: Database): Promise<void> {
  await database.sql`
    update setting set value = jsonb_set(value, '{looked,serverStart}', '"0"') where key = 'database_identity'`;
}

/** The rows as they were before the claim. */
async function forgetDial(database: Database, callbackId: string): Promise<void> {
  const { sql } = database;
  await sql`delete from timer where kind = 'check'`;
  await sql`
    update callback set status = 'scheduled', current_attempt_id = null, next_attempt_at = due_at
    where id = ${callbackId}::uuid`;
  await sql`delete from attempt where callback_id = ${callbackId}::uuid`;
  await sql`delete from call where callback_id = ${callbackId}::uuid`;
  await sql`insert into timer (fire_at, id, kind) select next_attempt_at, id, 'dial' from callback where id = ${callbackId}::uuid`;
}

async function seen<T>(what: string, read: () => Promise<T | null>, withinMs = 15_000): Promise<T> {
  for (const given = AbortSignal.timeout(withinMs); ;) {
    const found = await read();
    if (found !== null) return found;
    if (given.aborted) throw new Error(`waited ${withinMs} ms for ${what}`);
    await systemClock.sleep(20, new AbortController().signal);
  }
}
