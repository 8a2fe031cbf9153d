import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from './bench.ts';
import { WARM_UP } from './booking-sides.ts';
import { startBenchChild, type BenchChild } from './child.ts';
import { watchCpu } from './cpu.ts';
import type { BenchDatabase, BenchServer } from './database.ts';
import { requestsOf } from './dialling.ts';
import { round } from './figures.ts';
import { AHEAD_EVERY_MS } from './loads.ts';
import type { Side } from './measure.ts';
import { hasRedis, startRedis } from './redis.ts';

/** Another scheduler at its best settings. */
interface Peer {
  readonly name: string;
  /** Its file in `scripts/bench/peers`. */
  readonly file: string;
  /** How often its Redis looks at its timers; null where it stands on Postgres. */
  readonly redisHz: number | null;
}

const onPostgres: readonly Peer[] = [
  { name: 'graphile-worker', file: 'graphile-worker', redisHz: null },
  { name: 'pg-boss', file: 'pg-boss', redisHz: null },
];
const onRedis: readonly Peer[] = [
  { name: 'BullMQ', file: 'bullmq', redisHz: 10 },
  { name: 'BullMQ, Redis hz 500', file: 'bullmq', redisHz: 500 },
];

/** Rows of one bulk insert. */
const BULK = 500;

/** Those that can be measured here; says why one can't. Installs their packages where they are missing. */
export function installedPeers(): readonly Peer[] {
  const cwd = join(import.meta.dirname, 'peers');
  if (!existsSync(join(cwd, 'node_modules'))) {
    console.error('The other schedulers are installed into scripts/bench/peers.');
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd, stdio: ['ignore', 2, 2] });
    if (status !== 0) throw new Error('npm ci failed in scripts/bench/peers');
  }
  if (hasRedis()) return [...onPostgres, ...onRedis];
  console.error('BullMQ is left out: there is no redis-server on the path.');
  return onPostgres;
}

/** Peers that dial jobs due at these times. */
export function peersDialling(
  server: BenchServer,
  peers: readonly Peer[],
  times: (nowMs: number) => readonly number[],
): Side[] {
  return sides(peers, async (peer) => {
    await using setting = await openSetting(server, peer);
    const { child, carrier, database } = setting;
    const jobs = times(await database.nowMs()).map((at, n) => ({ to: nameOf(n), dueMs: Math.ceil(at) }));
    for (let from = 0; from < jobs.length; from += BULK) {
      await child.ask('bookAll', { jobs: jobs.slice(from, from + BULK) });
    }
    await child.ask('work');
    const watch = watchCpu();
    const row = await requestsOf(carrier, new Map(jobs.map(({ to, dueMs }) => [to, dueMs])));
    return { ...row, 'CPU s': round(watch.secondsOf(child.pid)) };
  });
}

/** Peers that know of one job an hour away, and are given others one second before they are due. */
export function peersBookedAhead(server: BenchServer, peers: readonly Peer[], count: number): Side[] {
  return sides(peers, async (peer) => {
    await using setting = await openSetting(server, peer);
    const { child, carrier, database } = setting;
    await child.ask('bookAll', { jobs: [{ to: nameOf(count), dueMs: Math.ceil(await database.nowMs()) + 3_600_000 }] });
    await child.ask('work');
    const watch = watchCpu();
    const due = new Map<string, number>();
    for (let n = 0; n < count; n += 1) {
      due.set(nameOf(n), await child.ask<number>('bookAhead', { to: nameOf(n) }));
      await sleep(AHEAD_EVERY_MS);
    }
    return { ...(await requestsOf(carrier, due)), 'CPU s': round(watch.secondsOf(child.pid)) };
  });
}

/** Peers that book so many jobs, ten in flight. */
export function peersBooking(server: BenchServer, peers: readonly Peer[], count: number): Side[] {
  return sides(peers, async (peer) => {
    await using setting = await openSetting(server, peer);
    const { child } = setting;
    await child.ask('bookMany', { count: WARM_UP });
    const watch = watchCpu();
    const tookMs = await child.ask<number>('bookMany', { count });
    return {
      bookings: count,
      'bookings/s': round((count * 1_000) / tookMs, 0),
      'CPU ms each': round((watch.secondsOf(child.pid) * 1_000) / count),
    };
  });
}

function sides(peers: readonly Peer[], run: (peer: Peer) => Promise<Row>): Side[] {
  return peers.map((peer) => ({ name: peer.name, run: () => run(peer) }));
}

interface Setting extends AsyncDisposable {
  readonly child: BenchChild;
  readonly carrier: BenchChild;
  readonly database: BenchDatabase;
}

/** The peer in a process of its own, with a store and a carrier. */
async function openSetting(server: BenchServer, peer: Peer): Promise<Setting> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await server.fresh());
  const redis = peer.redisHz === null ? null : opened.use(await startRedis(peer.redisHz));
  const carrier = opened.use(await startBenchChild('carrier.ts', {}, 'others'));
  const settings = {
    peer: peer.file,
    databaseUrl: database.url,
    redisPort: redis?.port ?? null,
    carrierUrl: await carrier.ask<string>('url'),
  };
  const child = opened.use(await startBenchChild('peers/peer.js', settings, 'measured'));
  const owned = opened.move();
  return { child, carrier, database, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function nameOf(n: number): string {
  return `browser:peer${String(n).padStart(8, '0')}`;
}
