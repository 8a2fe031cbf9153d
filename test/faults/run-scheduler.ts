import { randomUUID } from 'node:crypto';
import { openReplicaStore } from '../../db/replica-store.ts';
import { systemClock } from '../../src/clock.ts';
import { openScheduler } from '../../src/scheduler/scheduler.ts';
import { HttpCarrier } from '../fakes/http-carrier.ts';
import { callbackDeps, openTestDatabase, shortTimes } from '../integration/scheduler/parts.ts';
import { quietLog } from '../support/quiet-log.ts';

/*
 * A process of its own that runs a scheduler: prints "ready", and stops in order when its standard input ends. Arguments:
 * the database, the carrier, a point of the dial at which it halts, for how many milliseconds, and how many calls a second
 * the carrier takes (0: no limit). At the halt it prints the point; the first halt is the only one.
 */

const [url = '', carrierUrl = '', haltAt = '', haltMs = '0', callsPerSecond = '0'] = process.argv.slice(2);
let halted = false;
const plain = new HttpCarrier(carrierUrl);
const pace = Number(callsPerSecond) === 0 ? null : Number(callsPerSecond);
const carrier = Object.assign(plain, { capabilities: { ...plain.capabilities, callsPerSecond: pace } });
await using database = openTestDatabase(url);
await using scheduler = openScheduler({
  replicaId: randomUUID(),
  version: 'test',
  callbacks: callbackDeps(database, carrierUrl),
  replicas: openReplicaStore(database),
  database,
  carrierOf: (name) => (name === carrier.name ? carrier : undefined),
  linesFree: () => Infinity,
  vendorsDown: () => [],
  clock: systemClock,
  log: quietLog(),
  random: Math.random,
  times: shortTimes,
  probe: (point) => {
    if (halted || point !== haltAt) return undefined;
    halted = true;
    console.log(point);
    return systemClock.sleep(Number(haltMs), new AbortController().signal);
  },
});
scheduler.start();
await scheduler.started();
console.log('ready');
for await (const _ of process.stdin);
