import { randomUUID } from 'node:crypto';
import { openReplicaStore } from '../../db/replica-store.ts';
import { systemClock } from '../../src/clock.ts';
import { openScheduler } from '../../src/scheduler/scheduler.ts';
import { HttpCarrier } from '../../test/fakes/http-carrier.ts';
import { callbackDeps, openTestDatabase } from '../../test/integration/scheduler/parts.ts';
import { quietLog } from '../../test/support/quiet-log.ts';
import { answer, settingsOf } from './child.ts';

/* The product's scheduler at its default times, in a process of its own. */

const { url, carrierUrl } = settingsOf() as { url: string; carrierUrl: string };
const carrier = new HttpCarrier(carrierUrl);
const database = openTestDatabase(url);
await database.ready();
const scheduler = openScheduler({
  replicaId: randomUUID(),
  version: 'bench',
  callbacks: callbackDeps(database, carrierUrl),
  replicas: openReplicaStore(database),
  database,
  carrierOf: (name) => (name === carrier.name ? carrier : undefined),
  linesFree: () => Infinity,
  vendorsDown: () => [],
  clock: systemClock,
  log: quietLog(),
  random: Math.random,
});
scheduler.start();
await scheduler.started();

await answer({ memoryMb: () => process.memoryUsage().rss / 2 ** 20 }, async () => {
  await scheduler[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});
