import { afterEach, beforeEach, expect, test } from 'vitest';
import { countHeldCalls } from '../../db/lines-store.ts';
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
