import { sql as raw } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { openSetAsideStore } from '../../../db/set-aside-store.ts';
import { openStuckStore } from '../../../db/stuck-store.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { systemClock } from '../../../src/clock.ts';
import { defaultStuckTimes, openStuckWatch, type StuckTimes } from '../../../src/scheduler/stuck.ts';
import type { Service } from '../../../src/service.ts';
import { FakeCarrierServer } from '../../fakes/http-carrier-server.ts';
import { HttpCarrier } from '../../fakes/http-carrier.ts';
import { quietLog, type LogLine } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';
import { World } from './world.ts';

test('a callback whose attempt is gone does not stay Dialing: it fails, and says so', async () => {
  await using scene = await openScene();
  const { world } = scene;
  const { id } = await scene.ringing();
  await world.database.sql`delete from timer where kind = 'check'`;
  await world.database.sql`delete from attempt where callback_id = ${id}::uuid`;
  scene.watch();
  const failed = await world.final(id);
  expect(failed).toMatchObject({ status: 'failed', failureCode: 'bad_data', currentAttemptId: null });
  expect(failed.failureReason).toContain('nobody knows what became of it');
  expect(scene.causes()).toContain('dialing_without_attempt');
});

test('an attempt whose timer was lost is looked at again, and ends as its carrier says', async () => {
  await using scene = await openScene();
  const { world, carrier } = scene;
  const { id } = await scene.ringing();
  await world.database.sql`update attempt set check_at = null where callback_id = ${id}::uuid`;
  await world.database.sql`delete from timer where kind = 'check'`;
  carrier.endAll('busy');
  await scene.replica();
  scene.watch();
  await world.see(id, 'the outcome', (one) => one.status === 'no_answer');
  expect((await world.attempts(id))[0]).toMatchObject({ outcome: 'busy' });
  expect(scene.causes()).toContain('unwatched');
});

test('a call that its carrier calls live long after its agent would have ended it is hung up, and then settled', async () => {
  await using scene = await openScene();
  const { world, carrier } = scene;
  const { id, attemptId } = await scene.ringing();
  await settleAttempt(world.deps(), attemptId, { kind: 'opening' });
  for (const call of carrier.calls) call.state = 'answered';
  await world.database.sql`
    update attempt set answered_at = answered_at - interval '40 minutes', started_at = started_at - interval '41 minutes'
    where id = ${attemptId}::uuid`;
  await scene.replica();
  scene.watch();
  await world.see(id, 'the end', (one) => one.status === 'completed');
  expect(carrier.calls.map((call) => call.hungUp)).toEqual([true]);
  expect(scene.causes()).toContain('endless_call');
});

test('a telephone that rings for ever is hung up', async () => {
  await using scene = await openScene();
  const { world, carrier } = scene;
  const { id } = await scene.ringing();
  await world.database.sql`update attempt set started_at = started_at - interval '2 hours'`;
  await scene.replica();
  scene.watch();
  await world.see(id, 'the outcome', (one) => one.status === 'no_answer');
  expect(carrier.calls[0]?.hungUp).toBe(true);
  expect(scene.causes()).toContain('endless_ring');
});

test('an attempt of a carrier that is not configured any more ends after its day, also where settling it fails', async () => {
  await using scene = await openScene();
  const { world } = scene;
  const [plain, stubborn] = [await scene.ringing(), await scene.ringing()];
  await world.database.sql`
    update attempt set carrier = 'gone', started_at = started_at - interval '2 days', check_at = null`;
  await world.database.sql`delete from timer where kind = 'check'`;
  // The call's row can't be written: a settlement does, the giving up doesn't.
  await world.database.sql`create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`;
  await world.database.orm.execute(
    raw.raw(`create trigger refuse before insert or update on call for each row
      when (new.attempt_id = '${stubborn.attemptId}') execute function refuse()`),
  );
  scene.watch();
  await world.see(plain.id, 'the outcome', (one) => one.status === 'no_answer');
  expect(await world.final(stubborn.id)).toMatchObject({ status: 'failed', failureCode: 'bad_data', attemptsMade: 1 });
  expect(scene.causes().filter((cause) => cause === 'unsettled').length).toBeGreaterThanOrEqual(2);
});

test('timers that belong to nothing are removed, and no others', async () => {
  await using scene = await openScene();
  const { world } = scene;
  const waiting = await world.book(3_600_000);
  await world.database.sql`
    insert into timer (fire_at, id, kind)
    select now() - interval '1 hour', gen_random_uuid(), 'dial' from generate_series(1, 150)
    union all select '-infinity', gen_random_uuid(), 'dial' union all select 'infinity', gen_random_uuid(), 'check'`;
  scene.watch();
  await until('the sweep', scene.logged('timers that belong to nothing were removed'));
  const left = await world.database.sql<{ id: string }[]>`select id from timer`;
  expect(left.map(({ id }) => id)).toEqual([waiting.id]);
});

test('what ends by itself is left alone', async () => {
  await using scene = await openScene();
  const { world, carrier } = scene;
  const { id } = await scene.ringing();
  await world.database.sql`update callback set updated_at = updated_at - interval '10 minutes'`;
  await world.database.sql`update attempt set started_at = started_at - interval '10 minutes'`;
  const found = await scene.rounds(3);
  expect(found).toBe(0);
  expect(await world.deps().store.find(id)).toMatchObject({ status: 'dialing' });
  expect(carrier.calls[0]?.hungUp).toBe(false);
});

// ---------------------------------------------------------------- the scene

const quick: StuckTimes = { ...defaultStuckTimes, everyMs: 50, strayMs: 0 };

interface Scene extends AsyncDisposable {
  readonly world: World;
  readonly carrier: FakeCarrierServer;
  /** A callback that was dialled, and rings; its replica is gone. */
  ringing(): Promise<{ readonly id: string; readonly attemptId: string }>;
  replica(): Promise<void>;
  /** Begins to look for what is stuck. */
  watch(): Service;
  /** How many were found in so many rounds. */
  rounds(count: number): Promise<number>;
  causes(): string[];
  logged(message: string): Promise<void>;
}

async function openScene(): Promise<Scene> {
  await using opened = new AsyncDisposableStack();
  const carrier = opened.use(await FakeCarrierServer.open());
  const world = opened.use(await World.open(carrier.url));
  const lines: LogLine[] = [];
  const store = openStuckStore({ database: world.database, onLostHint: () => undefined });
  const http = new HttpCarrier(carrier.url);
  const owned = opened.move();
  const causes = (): string[] =>
    lines.flatMap(({ message, fields }) =>
      message === 'a callback was stuck' && 'cause' in fields ? [String(fields.cause)] : [],
    );
  return {
    world,
    carrier,
    async ringing() {
      const replica = await world.replica();
      const { id } = await world.book(20);
      const { id: attemptId } = await world.seeAttempt(id, 'placed', 'ringing');
      await replica.stop();
      return { id, attemptId };
    },
    async replica() {
      await world.replica();
    },
    watch() {
      const service = owned.use(
        openStuckWatch({
          stuck: store,
          setAside: openSetAsideStore({ database: world.database, onLostHint: () => undefined }),
          settle: (id, evidence, extras) => settleAttempt(world.deps(), id, evidence, extras),
          carrierOf: (name) => (name === 'fake' ? http : undefined),
          clock: systemClock,
          log: quietLog(lines),
          times: quick,
        }),
      );
      service.start();
      return service;
    },
    async rounds(count) {
      let found = 0;
      for (let round = 0; round < count; round += 1) {
        found += (await store.find(defaultStuckTimes, 100)).length;
        found += (await store.findDialingWithoutAttempt(defaultStuckTimes.strayMs, 100)).length;
        found += await store.sweepTimers(defaultStuckTimes.strayMs, 100);
      }
      return found;
    },
    causes,
    async logged(message) {
      while (!lines.some((line) => line.message === message)) await systemClock.sleep(20, new AbortController().signal);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
