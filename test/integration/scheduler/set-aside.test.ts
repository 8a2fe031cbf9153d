import { sql as raw } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { agent, phoneNumber } from '../../../db/schema.ts';
import { openSetAsideStore } from '../../../db/set-aside-store.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { FakeCarrierServer } from '../../fakes/http-carrier-server.ts';
import { slowness } from '../../support/slowness.ts';
import { until } from '../../support/until.ts';
import { shortTimes } from './parts.ts';
import { testAgent, World } from './world.ts';

const LATE_MS = 3_000;

test('three bad rows among fifty good ones: the fifty are dialled on time, the three fail with their reason', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const { sql } = world.database;
  const good = await Promise.all(Array.from({ length: 50 }, () => world.book(2_000)));
  const bad = await Promise.all([world.book(2_000), world.book(2_000), world.book(2_000)]);
  const [endless, lawless, stubborn] = bad.map(({ id }) => id);
  // A time that no clock can show; an agent whose policy is nothing; a row that a trigger refuses to change.
  await sql`update callback set expires_at = 'infinity' where id = ${endless ?? ''}::uuid`;
  await giveOtherAgent(world, lawless ?? '');
  await refuseAttemptsOf(world, stubborn ?? '');
  const { setAside } = await replica(world);
  await until(
    'the calls',
    carrier.whenever(() => carrier.calls.length >= 50),
    20_000,
  );
  for (const callback of good) {
    const call = carrier.calls.find((one) => one.to === callback.to);
    const lateMs = (call?.placedAtMs ?? 0) - callback.dueAt.epochMilliseconds;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(LATE_MS * slowness());
  }
  for (const { id } of bad) {
    const failed = await seeStatus(world, id, 'failed');
    expect(failed).toMatchObject({ code: 'bad_data', next: false, timers: 0 });
    expect(failed.reason).toMatch(/^What is stored of it cannot be used \((\w+)\); it was tried three times\.$/);
  }
  expect(carrier.calls).toHaveLength(50);
  expect(carrier.requests).toHaveLength(50);
  expect(setAside).toHaveLength(3);
  // What was wrong with the time is mended: lists can show the row again.
  expect(await world.deps().store.find(endless ?? '')).toMatchObject({ status: 'failed' });
}, 40_000);

test('a bad row that is the only one is set aside just the same', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const { id } = await world.book(50);
  await refuseAttemptsOf(world, id);
  await replica(world);
  expect(await seeStatus(world, id, 'failed')).toMatchObject({ code: 'bad_data' });
});

test('what hurts every row alike is not their fault: none is set aside, and all are dialled once it is over', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const callbacks = await Promise.all(Array.from({ length: 6 }, () => world.book(50)));
  await refuseAttemptsOf(world, null);
  const { setAside } = await replica(world);
  await until(
    'three tries of each',
    (async () => {
      while (world.lines.filter(({ message }) => message === 'callbacks could not be claimed').length < 6 * 3 + 1)
        await world.see(callbacks[0]?.id ?? '', 'anything', () => true).then(turn);
    })(),
  );
  expect(setAside).toEqual([]);
  await world.database.sql`drop trigger refuse on attempt`;
  await until(
    'the calls',
    carrier.whenever(() => carrier.calls.length === 6),
    20_000,
  );
}, 40_000);

test('an attempt that cannot be looked at is put off with a warning, and the looks at others go on', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  carrier.behaviour.dial = 'lose';
  carrier.behaviour.lookUps = 'silent';
  await replica(world);
  const [bad, other] = [await world.book(50), await world.book(50)];
  const attempt = await world.seeAttempt(bad.id, 'unknown');
  await world.seeAttempt(other.id, 'unknown');
  await world.database.sql`
    create function refuse_settling() returns trigger language plpgsql as
      $$ begin if new.status <> old.status or new.checks <> old.checks then raise 'no'; end if; return new; end $$`;
  await world.database.orm.execute(
    raw.raw(`create trigger refuse before update on attempt for each row when (old.id = '${attempt.id}')
      execute function refuse_settling()`),
  );
  carrier.behaviour.lookUps = 'answer';
  const put = await world.see(bad.id, 'its warning', (one) => one.warning !== null);
  expect(put).toMatchObject({ status: 'dialing' });
  expect(put.warning).toContain('What became of its call cannot be used (P0001)');
  const [later] = await world.attempts(bad.id);
  expect((later?.checkAt?.epochMilliseconds ?? 0) - attempt.startedAt.epochMilliseconds).toBeGreaterThan(3_000_000);
  await world.seeAttempt(other.id, 'ringing');
}, 40_000);

// ---------------------------------------------------------------- hands

async function replica(world: World): Promise<{ readonly setAside: string[] }> {
  const setAside: string[] = [];
  const store = openSetAsideStore({ database: world.database, onLostHint: () => undefined });
  await world.replica({
    times: { ...shortTimes, failedFromMs: 50, failedToMs: 400 },
    setAside: {
      callback: (id, reason) => store.callback(id, reason).then(() => void setAside.push(id)),
      attempt: (id, reason, delayMs) => store.attempt(id, reason, delayMs),
    },
  });
  return { setAside };
}

/** Reads without the columns that can't be read. */
async function seeStatus(world: World, id: string, status: string) {
  for (const given = AbortSignal.timeout(15_000); ;) {
    const [row] = await world.database.sql<
      { status: string; code: string | null; reason: string | null; next: boolean; timers: number }[]
    >`
      select status, failure_code as code, failure_reason as reason, next_attempt_at is not null as next,
        (select count(*)::int from timer where timer.id = callback.id) as timers
      from callback where id = ${id}::uuid`;
    if (row?.status === status) return row;
    if (given.aborted) throw new Error(`waited for ${status}: ${JSON.stringify({ row, log: world.lines })}`);
    await turn();
  }
}

async function giveOtherAgent(world: World, callbackId: string): Promise<void> {
  const id = uuidv7();
  await world.database.orm.insert(agent).values({ ...testAgent, id, isDefault: false });
  await world.database.orm
    .insert(phoneNumber)
    .values({ id: uuidv7(), number: '+4930654321', carrier: 'fake', agentId: id, outboundEnabled: true });
  await world.database.sql`update agent set callback_policy = 'null'::jsonb where id = ${id}::uuid`;
  await world.database.sql`update callback set agent_id = ${id}::uuid where id = ${callbackId}::uuid`;
}

/** The database refuses to write down a dial of this callback, or of any. */
async function refuseAttemptsOf({ database }: World, callbackId: string | null): Promise<void> {
  await database.sql`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`;
  const when = callbackId === null ? '' : `when (new.callback_id = '${callbackId}')`;
  await database.orm.execute(
    raw.raw(`create trigger refuse before insert on attempt for each row ${when} execute function refuse()`),
  );
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
