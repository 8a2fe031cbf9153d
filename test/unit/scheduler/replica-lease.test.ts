import { expect, test } from 'vitest';
import type { Grant, ReplicaStore } from '../../../db/replica-store.ts';
import { DatabaseTime } from '../../../src/scheduler/database-time.ts';
import { ReplicaLease } from '../../../src/scheduler/replica-lease.ts';
import { defaultSchedulerTimes } from '../../../src/scheduler/times.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';

/** One replica row, kept by the clock of the test, as the statements keep it. */
class ReplicaRow implements ReplicaStore {
  row: { epoch: number; leaseUntilMs: number; draining: boolean } | null = null;
  away = false;
  answerAfterMs = 0;
  readonly #clock: SimClock;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  async enter({ leaseMs, above, draining }: Parameters<ReplicaStore['enter']>[0]): Promise<Grant> {
    await this.#reach();
    const epoch = Math.max(this.row?.epoch ?? 0, above) + 1;
    return this.#grant({ epoch, leaseUntilMs: this.#clock.nowMs() + leaseMs, draining });
  }

  async renew({ epoch, leaseMs }: Parameters<ReplicaStore['renew']>[0]): Promise<Grant | undefined> {
    await this.#reach();
    const nowMs = this.#clock.nowMs();
    if (this.row === null || this.row.epoch !== epoch || this.row.leaseUntilMs <= nowMs) return undefined;
    return this.#grant({ ...this.row, leaseUntilMs: nowMs + leaseMs });
  }

  async setDraining(): Promise<void> {
    if (this.row !== null) this.row.draining = true;
  }

  async leave(_id: string, epoch: number): Promise<void> {
    if (this.row?.epoch === epoch) this.row = null;
  }

  async remains() {
    return { lapsed: [], unwatched: [] };
  }

  async bury(): Promise<void> {
    this.row = null;
  }

  async holdsCall(): Promise<boolean> {
    return false;
  }

  #grant(row: { epoch: number; leaseUntilMs: number; draining: boolean }): Grant {
    this.row = row;
    return { epoch: row.epoch, databaseMs: this.#clock.nowMs() };
  }

  async #reach(): Promise<void> {
    if (this.away) throw new Error('the database is away');
    if (this.answerAfterMs > 0) await this.#clock.sleep(this.answerAfterMs, new AbortController().signal);
  }
}

function open() {
  const clock = new SimClock();
  const replicas = new ReplicaRow(clock);
  const database = { ready: true };
  const lease = new ReplicaLease({
    id: 'me',
    version: 'test',
    replicas,
    time: new DatabaseTime(clock),
    ready: () => database.ready,
    clock,
    log: quietLog(),
    times: { ...defaultSchedulerTimes, leaseMs: 10_000, trustedShare: 0.7 },
  });
  return { clock, replicas, lease, database };
}

test('a replica may act for 70 % of its lease and not a millisecond longer', async () => {
  const { clock, lease } = open();
  expect(lease.why).not.toBeNull();
  await lease.beat();
  await clock.advance(6_999);
  expect(lease.holds(1)).toBe(true);
  expect(lease.why).toBeNull();
  await clock.advance(1);
  expect(lease.holds(1)).toBe(false);
  expect(lease.why).not.toBeNull();
});

test('nothing is claimed while the process takes no traffic, and what was begun goes on', async () => {
  const { lease, database } = open();
  await lease.beat();
  database.ready = false;
  expect(lease.epoch).toBeNull();
  expect(lease.why).toBe('the database is not ready');
  expect(lease.holds(1)).toBe(true);
  database.ready = true;
  expect(lease.epoch).toBe(1);
});

test('the trusted time counts from when the heartbeat was sent, not from its answer', async () => {
  const { clock, lease, replicas } = open();
  replicas.answerAfterMs = 3_000;
  const beat = lease.beat();
  await clock.advance(3_000);
  await beat;
  await clock.advance(3_999);
  expect(lease.epoch).toBe(1);
  await clock.advance(1);
  expect(lease.epoch).toBeNull();
});

test('heartbeats keep the epoch; an epoch that somebody raised is never used again', async () => {
  const { clock, lease, replicas } = open();
  await lease.beat();
  await clock.advance(2_000);
  await lease.beat();
  expect(lease.epoch).toBe(1);
  if (replicas.row !== null) replicas.row.epoch = 5;
  await lease.beat();
  expect(lease.holds(1)).toBe(false);
  expect(lease.epoch).toBe(6);
});

test('after a fence the replica comes back under a new epoch, although nobody took over', async () => {
  const { clock, lease, replicas } = open();
  await lease.beat();
  replicas.away = true;
  await clock.advance(8_000);
  await lease.beat();
  expect(lease.epoch).toBeNull();
  replicas.away = false;
  await lease.beat();
  expect(lease.epoch).toBe(2);
});

test('a replica that lost the session which shows that it lives acts again only under a new epoch', async () => {
  const { clock, lease, replicas } = open();
  await lease.beat();
  lease.fence();
  expect([lease.epoch, lease.holds(1)]).toEqual([null, false]);
  await lease.beat();
  expect(lease.epoch).toBe(2);
  // Also where it was just being told that its lease goes on.
  replicas.answerAfterMs = 500;
  const beat = lease.beat();
  await clock.advance(100);
  lease.fence();
  await clock.advance(400);
  await beat;
  expect([lease.epoch, lease.holds(2)]).toEqual([null, false]);
  replicas.answerAfterMs = 0;
  await lease.beat();
  expect(lease.epoch).toBe(3);
});

test('a replica whose row was removed while it was frozen does not come back under its old epoch', async () => {
  const { clock, lease, replicas } = open();
  await lease.beat();
  await clock.advance(60_000);
  await replicas.bury();
  await lease.beat();
  expect(lease.epoch).toBe(2);
});

test('time that passed while the machine was suspended counts, though the monotonic clock stood still', async () => {
  const { lease, clock } = open();
  await lease.beat();
  const instant = clock.instant.bind(clock);
  clock.instant = () => instant().add({ seconds: 60 });
  expect(lease.epoch).toBeNull();
});

test('one failed heartbeat does not cost the lease', async () => {
  const { clock, lease, replicas } = open();
  await lease.beat();
  replicas.away = true;
  await clock.advance(2_000);
  await lease.beat();
  expect(lease.epoch).toBe(1);
  expect(lease.why).toBeNull();
});

test('leaving removes the row, but not one that somebody has taken over', async () => {
  const { lease, replicas } = open();
  await lease.beat();
  await lease.leave();
  expect(replicas.row).toBeNull();
  const other = open();
  await other.lease.beat();
  if (other.replicas.row !== null) other.replicas.row.epoch = 9;
  await other.lease.leave();
  expect(other.replicas.row?.epoch).toBe(9);
});
