import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Callback } from '../../src/domain/callback.ts';
import { FakeCarrierServer } from '../fakes/http-carrier-server.ts';
import { World } from '../integration/scheduler/world.ts';
import { startChild, type Child } from '../support/child.ts';
import { until } from '../support/until.ts';
import { FULL } from './replica-world.ts';

/* Schedulers in processes of their own; their lease is a second and a half. */

const SCRIPT = '../faults/run-scheduler.ts';
const LEASE_MS = 1_500;
const MANY = FULL ? 10_000 : 90;
const CALLS_PER_SECOND = FULL ? 100 : 20;
/** The carrier counts when they arrive: one that a busy machine held up comes together with the next ones. */
const ON_THE_WAY = 1.25;
const KILLS = FULL ? { count: 24, everyMs: 5_000 } : { count: 3, everyMs: 1_000 };
const RUNG_WITHIN_MS = FULL ? 300_000 : 60_000;

const pass = (ms: number): Promise<void> => systemClock.sleep(ms, new AbortController().signal);

async function start(world: World, carrier: FakeCarrierServer, ...more: string[]): Promise<Child> {
  const child = startChild(SCRIPT, [world.url, carrier.url, ...more]);
  expect(await child.nextLine(), child.errors).toBe('ready');
  return child;
}

/** Each of them rang once, for one attempt, not before its time. */
async function rangOnce(carrier: FakeCarrierServer, callbacks: readonly Callback[]): Promise<void> {
  const rung = (): Set<string> => new Set(carrier.calls.map((call) => call.to));
  await until(
    'all of the calls',
    carrier.whenever(() => rung().size >= callbacks.length),
    RUNG_WITHIN_MS,
  );
  expect(new Set(carrier.requests).size).toBe(carrier.requests.length);
  expect(carrier.calls.map((call) => call.to).toSorted()).toEqual(callbacks.map((one) => one.to).toSorted());
  for (const { to, dueAt } of callbacks) {
    const call = carrier.calls.find((one) => one.to === to);
    expect(call?.placedAtMs).toBeGreaterThanOrEqual(dueAt.epochMilliseconds);
  }
}

test('K1, crash point 4: killed before the time of what only it had in its wheel; another one dials it', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const callback = await world.book(4_000);
  await using dying = await start(world, carrier);
  await dying.kill('SIGKILL');
  expect(carrier.requests).toEqual([]);
  await using _other = await start(world, carrier);
  await rangOnce(carrier, [callback]);
});

test('K12: frozen with its lease before the claim, for longer than that; another one dials, and it does nothing when it wakes', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await using frozen = await start(world, carrier, 'claiming', '300');
  const callback = await world.book(300);
  expect(await frozen.nextLine()).toBe('claiming');
  process.kill(frozen.pid, 'SIGSTOP');
  await pass(2 * LEASE_MS);
  await using _other = await start(world, carrier);
  await rangOnce(carrier, [callback]);
  process.kill(frozen.pid, 'SIGCONT');
  expect(await frozen.finish(), frozen.errors).toBe(0);
  await rangOnce(carrier, [callback]);
});

test('K15: all are frozen for longer than their leases; what was due meanwhile is dialled once each, and what expired is not', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await using one = await start(world, carrier);
  await using other = await start(world, carrier);
  for (const { pid } of [one, other]) process.kill(pid, 'SIGSTOP');
  const callbacks = await Promise.all(Array.from({ length: 10 }, (_, index) => world.book(200 + 100 * index)));
  const expiring = await world.book(300);
  await world.database
    .sql`update callback set expires_at = due_at + interval '1 second' where id = ${expiring.id}::uuid`;
  await pass(2 * LEASE_MS);
  for (const { pid } of [one, other]) process.kill(pid, 'SIGCONT');
  await rangOnce(carrier, callbacks);
  expect(await world.final(expiring.id)).toMatchObject({ status: 'failed', failureCode: 'missed' });
});

test('C6: the only one is suspended; it catches up once, earliest first', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await using only = await start(world, carrier);
  const callbacks = await Promise.all(Array.from({ length: 20 }, (_, index) => world.book(500 + 40 * index)));
  process.kill(only.pid, 'SIGSTOP');
  await pass(FULL ? 120_000 : 3 * LEASE_MS);
  expect(carrier.requests).toEqual([]);
  const later = await world.book(2_000);
  process.kill(only.pid, 'SIGCONT');
  await rangOnce(carrier, [...callbacks, later]);
  expect(carrier.calls.at(-1)?.to).toBe(later.to);
});

test('C7: what is due after more than 2³¹ ms is not dialled at once, and is when its time is moved to now', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await using _only = await start(world, carrier);
  const far = await world.book(29.5 * 86_400_000);
  expect(far.dueAt.epochMilliseconds - far.createdAt.epochMilliseconds).toBeGreaterThan(2 ** 31);
  const near = await world.book(1_000);
  await rangOnce(carrier, [near]);
  await world.database.sql`
    with moved as (update callback set due_at = now(), next_attempt_at = now() where id = ${far.id}::uuid)
    update timer set fire_at = now() where id = ${far.id}::uuid`;
  await until(
    'its call',
    carrier.whenever(() => carrier.calls.length === 2),
    20_000,
  );
  expect(carrier.calls.map((call) => call.to)).toEqual([near.to, far.to]);
});

test(
  'K18: much is due at one moment, and one of two is killed again and again; each rings once, never more of them in a second than the carrier takes',
  async () => {
    await using carrier = await FakeCarrierServer.open();
    await using world = await World.open(carrier.url);
    const callbacks: Callback[] = [];
    for (let from = 0; from < MANY; from += 5)
      callbacks.push(...(await Promise.all(Array.from({ length: Math.min(5, MANY - from) }, () => world.book(1_000)))));
    const pace = ['', '0', String(CALLS_PER_SECOND)];
    await using _staying = await start(world, carrier, ...pace);
    for (let killed = 0; killed < KILLS.count; killed += 1) {
      await using dying = await start(world, carrier, ...pace);
      await pass(KILLS.everyMs);
      await dying.kill('SIGKILL');
    }
    await rangOnce(carrier, callbacks);
    const times = carrier.calls.map((call) => call.placedAtMs).toSorted((a, b) => a - b);
    for (const [index, atMs] of times.entries())
      expect(times.filter((other, at) => at >= index && other < atMs + 1_000).length).toBeLessThanOrEqual(
        CALLS_PER_SECOND * ON_THE_WAY,
      );
  },
  RUNG_WITHIN_MS + KILLS.count * KILLS.everyMs + 180_000,
);
