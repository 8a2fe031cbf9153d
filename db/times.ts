/** How long things with the database may take, in milliseconds. One object, so that a test can scale all of it. */
export interface DatabaseTimes {
  /** Opening a connection, per try. */
  readonly connectMs: number;
  /** The server's own limit per statement. Shorter than `queryMs`, so that a slow statement is an answer, not a lost link. */
  readonly statementMs: number;
  /** The server's limit for waiting on a lock. */
  readonly lockMs: number;
  /** Our limit per statement, waiting for a free connection included. Passed: the statement failed and its connections are dropped. */
  readonly queryMs: number;
  /** Our limit for a whole transaction, its body included. */
  readonly transactionMs: number;
  /** Our limit for one run of all pending migrations, and for waiting until another starter has run them. */
  readonly migrateMs: number;
  /** How often a ready database is looked at; also how long a read-only or frozen one goes unseen when nobody asks. */
  readonly probeEveryMs: number;
  /** Pause between tries while the database is away: from, doubling, to. */
  readonly retryFromMs: number;
  readonly retryToMs: number;
  /** How often the listener sends itself a notification, and how long it may take to be heard. */
  readonly heartbeatEveryMs: number;
  readonly heartbeatWithinMs: number;
}

export const defaultDatabaseTimes: DatabaseTimes = {
  connectMs: 5_000,
  statementMs: 2_500,
  lockMs: 2_000,
  queryMs: 3_000,
  transactionMs: 5_000,
  migrateMs: 300_000,
  // The lease is renewed more often, and its failure brings the look forward.
  probeEveryMs: 10_000,
  retryFromMs: 100,
  retryToMs: 1_000,
  heartbeatEveryMs: 5_000,
  heartbeatWithinMs: 3_000,
};

/** The same times, each multiplied by `factor`. Exported for tests, which cannot wait that long. */
export function scaleTimes(times: DatabaseTimes, factor: number): DatabaseTimes {
  return {
    connectMs: times.connectMs * factor,
    statementMs: times.statementMs * factor,
    lockMs: times.lockMs * factor,
    queryMs: times.queryMs * factor,
    transactionMs: times.transactionMs * factor,
    migrateMs: times.migrateMs * factor,
    probeEveryMs: times.probeEveryMs * factor,
    retryFromMs: times.retryFromMs * factor,
    retryToMs: times.retryToMs * factor,
    heartbeatEveryMs: times.heartbeatEveryMs * factor,
    heartbeatWithinMs: times.heartbeatWithinMs * factor,
  };
}
