import type { Sql } from 'postgres';
import { systemClock } from '../../../src/clock.ts';
import { Random } from '../../simulation/kernel/random.ts';
import { openFolder } from '../../support/folder.ts';
import { until } from '../../support/until.ts';
import { FULL, ReplicaWorld } from '../replica-world.ts';
import { Cluster } from '../support/cluster.ts';
import { Booker } from './booker.ts';
import { Nemesis } from './nemesis.ts';
import { People } from './people.ts';
import { judge, type Verdict } from './referee.ts';

export interface ChaosOptions {
  /** Draws who is called, what is broken, and when; what the processes make of it is not in its hands. */
  readonly seed: number;
  /** How long promises are made and things are broken; then all of it may come to its end. */
  readonly forMs: number;
  readonly replicas: number;
  readonly tell?: (line: string) => void;
  /** Given what a replica printed in its life, once it is over. */
  readonly keepLog?: (name: string, output: string) => void;
}

/** So long nothing may change, once nothing is broken any more, before what is open counts as stuck. */
const STILL_MS = FULL ? 400_000 : 60_000;
const LOOK_EVERY_MS = 250;

/**
 * Replicas of the product over one Postgres, all of them real processes, which are killed, frozen and stopped at random
 * while people are promised calls; then the carrier's book is compared with the database's.
 */
export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const { seed, forMs, replicas, tell = () => undefined, keepLog = () => undefined } = options;
  await using opened = new AsyncDisposableStack();
  const names = Array.from({ length: replicas }, (_, index) => `replica-${index + 1}`);
  const folders = new Map<string, string>();
  for (const name of names) folders.set(name, opened.use(await openFolder()).path);
  const cluster = opened.use(await Cluster.open());
  const world = opened.use(
    await ReplicaWorld.open(names, {
      scaled: true,
      database: { url: cluster.url, sqlUrl: cluster.url },
      agent: { callbackPolicy: { retryDelaysMinutes: { noAnswer: [0.03], busy: [0.02], machine: [] } } },
    }),
  );
  const people = new People(world.twilio, new Random(seed, 1));
  const booker = new Booker(world, people, new Random(seed, 2));
  const nemesis = new Nemesis({ world, cluster, random: new Random(seed, 3), folders, tell, keepLog });

  const over = AbortSignal.timeout(forMs);
  await Promise.all([booker.book(over), nemesis.torment(over)]);
  tell('nothing is broken any more');
  await until('an answer to everything that was asked for', booker.answered(), STILL_MS);
  await settled(world.sql, STILL_MS);
  // What was found stuck is named by the referee.
  const { sql, twilio } = world;
  const verdict = await judge({
    sql,
    twilio,
    booked: booker.booked,
    requests: people.requests,
    died: nemesis.died,
    isListener: (to) => people.isListener(to),
  });
  for (const [name, { output }] of world.replicas) keepLog(name, output);
  return { ...verdict, counts: { ...nemesis.torments, ...verdict.counts } };
}

/** Resolves once nothing is open any more, or when what is has not come on for so long. */
async function settled(sql: Sql, stillMs: number): Promise<void> {
  let last = '';
  for (let late = AbortSignal.timeout(stillMs); !late.aborted;) {
    const [row] = await sql<{ open: number; made: number }[]>`
      select (select count(*) from callback where status = 'dialing' or next_attempt_at is not null)::int
        + (select count(*) from attempt where status <> 'ended')::int as open,
        (select count(*) from attempt)::int as made`;
    if (row?.open === 0) return;
    const now = JSON.stringify(row);
    if (now !== last) late = AbortSignal.timeout(stillMs);
    last = now;
    await systemClock.sleep(LOOK_EVERY_MS, new AbortController().signal);
  }
}
