import { afterEach, beforeEach, expect, test } from 'vitest';
import { countHeldCalls } from '../../db/lines-store.ts';
import { systemClock } from '../../src/clock.ts';
import { openLines } from '../../src/lines.ts';
import { openCallbackWorld, type CallbackWorld } from '../support/callback-rows.ts';
import { quietLog } from '../support/quiet-log.ts';
import { SimClock } from '../support/sim-clock.ts';
import { until } from '../support/until.ts';

let opened: AsyncDisposableStack;
let world: CallbackWorld;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  world = opened.use(await openCallbackWorld());
});
afterEach(() => opened.disposeAsync());

async function heldBy(replicaId: string): Promise<void> {
  const agent = await world.agent();
  const id = await world.inboundCall(agent.id, world.person(), null);
  await world.database.sql`update call set replica_id = ${replicaId}::uuid where id = ${id}::uuid`;
}

test('calls of living replicas are counted, and not those of one that died', async () => {
  await heldBy(world.replicaId);
  await heldBy(await world.replica());
  await heldBy(await world.replica({ seconds: -1 }));
  expect(await countHeldCalls(world.database)).toBe(2);
});

test('the streams of an account are shared: what another replica uses is not free here', async () => {
  const clock = new SimClock();
  const counted = Promise.withResolvers<void>();
  const { sql } = world.database;
  await heldBy(await world.replica());
  await heldBy(await world.replica());
  const lines = opened.use(
    openLines({
      clock,
      log: quietLog(),
      database: {
        sql: ((template: TemplateStringsArray) => sql(template).finally(() => counted.resolve())) as typeof sql,
      },
      callsMax: 0,
      streamsMax: [2],
      liveCalls: () => 0,
      probe: { read: () => ({ utilization: 0.1, delayP99Ms: 0 }), [Symbol.dispose]: () => undefined },
    }),
  );
  expect([lines.refusal(), lines.linesFree()]).toEqual([null, 1]);
  lines.start();
  await clock.advance(10_000);
  await until('the count', counted.promise);
  await clock.advance(0);
  expect([lines.refusal(), lines.linesFree()]).toEqual(['full', 0]);
});

test('a dial that was declined, or answered elsewhere, gives its line back at once, and one that rings does not', async () => {
  await using lines = openLines({
    clock: systemClock,
    log: quietLog(),
    database: world.database,
    callsMax: 10,
    streamsMax: [],
    liveCalls: () => 0,
  });
  const agent = await world.agent();
  const dial = (): Promise<string> => world.inboundCall(agent.id, world.person(), null);
  const [declined, answered, rings] = [await dial(), await dial(), await dial()];
  for (const callId of [declined, answered, rings]) lines.expect(callId, 60_000);
  expect(lines.linesFree()).toBe(5);
  await world.database.sql`update call set ended_at = now(), status = 'failed' where id = ${declined}::uuid`;
  await world.database.sql`update call set replica_id = ${await world.replica()}::uuid where id = ${answered}::uuid`;
  const late = AbortSignal.timeout(10_000);
  while (lines.expected.length > 1 && !late.aborted) await systemClock.sleep(50, new AbortController().signal);
  expect(lines.expected).toEqual([rings]);
  expect(lines.linesFree()).toBe(7);
});
