import type { ReplicaStore } from '../../db/replica-store.ts';
import { statementFailure } from '../../db/failure.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { DatabaseTime } from './database-time.ts';
import { startElapsed } from './elapsed.ts';
import type { SchedulerTimes } from './times.ts';

export interface ReplicaLeaseOptions {
  readonly id: string;
  readonly version: string;
  readonly replicas: ReplicaStore;
  readonly time: DatabaseTime;
  /**
   * Whether this process takes traffic, as far as the database decides it. Statements succeed a moment before `/readyz`
   * says so, and a call that is begun in that moment asks for instructions where nobody is given any requests.
   */
  readonly ready: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly times: SchedulerTimes;
}

/**
 * How long a replica may act on its lease.
 *
 * Counted from when the heartbeat was SENT, not answered: the database started the term somewhere in between, so
 * counting from the answer would let two replicas dial in the overlap.
 */
export function trustedForMs(times: Pick<SchedulerTimes, 'leaseMs' | 'trustedShare'>): number {
  return times.leaseMs * times.trustedShare;
}

/**
 * This process's right to dial: a row that it renews. Once the trusted time has passed, or somebody raised its epoch,
 * it may do nothing until it has a new epoch; what it had begun under the old one it does not finish.
 */
export class ReplicaLease {
  readonly #options: ReplicaLeaseOptions;
  #epoch: number | null = null;
  #highest = 0;
  #fences = 0;
  #elapsed: () => number = () => Number.POSITIVE_INFINITY;
  #draining = false;
  #beating: Promise<void> | null = null;
  #why: string | null = 'the lease was not asked for yet';

  constructor(options: ReplicaLeaseOptions) {
    this.#options = options;
  }

  /** The epoch under which may be claimed now; null while the lease is not trusted, or the database is not ready. */
  get epoch(): number | null {
    return this.#trusted() && this.#options.ready() ? this.#epoch : null;
  }

  /** Whether what was begun under `epoch` may go on. */
  holds(epoch: number): boolean {
    return this.#trusted() && this.#epoch === epoch;
  }

  /** Why it may not act, in one sentence; null while it may. */
  get why(): string | null {
    if (this.#trusted()) return this.#options.ready() ? null : 'the database is not ready';
    return this.#why ?? 'the lease ran out before it was renewed';
  }

  /**
   * The session that shows others that this process lives is gone: they may take over at any moment. What it had begun
   * it does not finish, and it acts again only under a new epoch.
   */
  fence(): void {
    this.#fences += 1;
    if (this.#epoch === null) return;
    this.#epoch = null;
    this.#why = 'the connection that shows that it lives was lost';
  }

  /** One heartbeat; those that are asked for meanwhile share it. Does not throw: what failed is in `why`. */
  beat(): Promise<void> {
    this.#beating ??= this.#beat().finally(() => (this.#beating = null));
    return this.#beating;
  }

  /** Tells the database that this replica claims nothing more; its lease goes on, so that what it began stays its own. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.#options.replicas.setDraining(this.#options.id);
  }

  /** Gives the lease back. Nothing may be under way. */
  async leave(): Promise<void> {
    await this.#beating;
    const epoch = this.#epoch;
    this.#epoch = null;
    this.#why = 'the replica has left';
    if (epoch !== null) await this.#options.replicas.leave(this.#options.id, epoch);
  }

  async #beat(): Promise<void> {
    const { id, version, replicas, clock, times, log, time } = this.#options;
    const { leaseMs } = times;
    const sentAtMs = clock.nowMs();
    const elapsed = startElapsed(clock);
    const [had, fences] = [this.#epoch, this.#fences];
    try {
      // Fenced: the old epoch is not taken up again, others may have acted on its end.
      const renewed =
        this.#epoch !== null && this.#trusted() ? await replicas.renew({ id, epoch: this.#epoch, leaseMs }) : undefined;
      const grant =
        renewed ?? (await replicas.enter({ id, version, leaseMs, above: this.#highest, draining: this.#draining }));
      // Two statements: the shorter way of the second alone would make the sample wrong, the sum only makes it vague.
      time.sample(sentAtMs, clock.nowMs(), grant.databaseMs);
      // It was fenced while it asked: an epoch that it had before is over, whatever the database says.
      if (grant.epoch === had && fences !== this.#fences) return;
      if (grant.epoch !== this.#epoch)
        log.info({ replicaId: id, leaseEpoch: grant.epoch }, 'the replica has its lease');
      this.#epoch = grant.epoch;
      this.#highest = Math.max(this.#highest, grant.epoch);
      this.#elapsed = elapsed;
      this.#why = null;
    } catch (error) {
      if (this.#why === null) log.warn({ replicaId: id, ...statementFailure(error) }, 'the lease could not be renewed');
      this.#why = 'the database did not renew the lease';
    }
  }

  #trusted(): boolean {
    return this.#epoch !== null && this.#elapsed() < trustedForMs(this.#options.times);
  }
}
