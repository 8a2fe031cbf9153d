/** What tells one database, and one state of it, from another. */
export interface DatabaseIdentity {
  /** Of the cluster, made when it was initialised; null where this role may not read it. */
  readonly systemIdentifier: string | null;
  /** Of the database within its cluster: another one for a copy, or when it was dropped and made again. */
  readonly databaseOid: string;
  /** Rises when a standby is promoted, or at the end of a recovery; null where it can't be read. */
  readonly timeline: number | null;
  /** When its server process started, as Postgres writes it: another one after each restart, and on each other server. */
  readonly serverStart: string;
}

type Known = Pick<DatabaseIdentity, 'systemIdentifier' | 'databaseOid' | 'timeline'>;

/** What the database has written down of itself; a restore or a copy takes it along, and there it is wrong. */
export interface IdentityRecord {
  /** Which installation it is, a UUID; a new one after each restore that an operator released. */
  readonly installation: string;
  /** Raised about once a minute: a backup has a lower one than those who ran after it remember. */
  readonly epoch: number;
  /** Where it was when all was well; null after a release: the next look takes what it finds. */
  readonly known: Known | null;
  /** The server on which somebody looked at it. On any other nobody may claim. */
  readonly looked: Pick<DatabaseIdentity, 'databaseOid' | 'serverStart'>;
  /** Why it counts as restored or copied; only an operator's release ends that. */
  readonly strange?: string;
  /** It failed over; this ends when the calls of that time are matched. */
  readonly failover?: Failover;
}

export interface Failover {
  /** Until here nothing can be missing: Unix time in milliseconds, by the database's clock. */
  readonly sureUntilMs: number;
  /** Up to when somebody is at work on it; another one may begin after that. */
  readonly workUntilMs: number;
}

/** What a replica remembers of an installation, outside of the database. */
export interface DatabaseMemory {
  readonly installation: string;
  readonly epoch: number;
  readonly systemIdentifier: string | null;
  readonly databaseOid: string;
}

/** What a look at a database found, and what is to be written down. */
export interface IdentityVerdict {
  readonly record: IdentityRecord;
  /** Why all outbound is to be held; null where there is no reason. */
  readonly hold: string | null;
}

export const FAILOVER_REASON = "the database failed over; the carriers' recent calls are being looked through";
const ELSEWHERE = 'the database was restored or copied: it is not where it says of itself that it is';
const SET_BACK = 'the database was restored: a replica remembers a later state of it';

/** Judges a database by what it has written down of itself and what a replica remembers. */
export function judgeIdentity(input: {
  readonly record: IdentityRecord | undefined;
  readonly identity: DatabaseIdentity;
  readonly remembered: readonly DatabaseMemory[];
  /** Up to when the database is whole, if this is a failover; see `Failover`. */
  readonly sureUntilMs: number;
  /** For a database that has no record yet. */
  readonly newInstallation: string;
}): IdentityVerdict {
  const { record, identity, remembered } = input;
  const { systemIdentifier, databaseOid, timeline, serverStart } = identity;
  const here: Known = { systemIdentifier, databaseOid, timeline };
  const looked = { databaseOid, serverStart };
  if (record === undefined) {
    const made: IdentityRecord = { installation: input.newInstallation, epoch: 1, known: here, looked };
    // The very database that we remember, from before it wrote anything down.
    return systemIdentifier !== null && remembered.some((one) => isAt(one, identity))
      ? { record: { ...made, strange: SET_BACK }, hold: SET_BACK }
      : { record: made, hold: null };
  }
  const { known } = record;
  if (record.strange !== undefined) return { record: { ...record, looked }, hold: record.strange };
  if (known === null) return { record: { ...record, known: here, looked }, hold: null };
  const strange = (why: string): IdentityVerdict => ({ record: { ...record, looked, strange: why }, hold: why });
  if (differ(known.systemIdentifier, systemIdentifier) || known.databaseOid !== databaseOid) return strange(ELSEWHERE);
  const latest = remembered.find((one) => one.installation === record.installation)?.epoch ?? 0;
  // A timeline never goes back: that is an older copy of the files.
  if (record.epoch < latest || (differ(known.timeline, timeline) && Number(timeline) < Number(known.timeline)))
    return strange(SET_BACK);
  const met = { ...record, known: readable(here, known), looked };
  if (!differ(known.timeline, timeline)) return { record: met, hold: null };
  // Where it failed over twice, the earlier time is the one from which something may be missing.
  const sureUntilMs = Math.min(input.sureUntilMs, record.failover?.sureUntilMs ?? Infinity);
  return { record: { ...met, failover: { sureUntilMs, workUntilMs: 0 } }, hold: FAILOVER_REASON };
}

function isAt(memory: DatabaseMemory, identity: DatabaseIdentity): boolean {
  return memory.systemIdentifier === identity.systemIdentifier && memory.databaseOid === identity.databaseOid;
}

/** What can't be read on one side says nothing. */
function differ<T>(a: T | null, b: T | null): boolean {
  return a !== null && b !== null && a !== b;
}

/** What could be read once stays known, also where it can't be read any more. */
function readable(here: Known, before: Known): Known {
  return {
    systemIdentifier: here.systemIdentifier ?? before.systemIdentifier,
    databaseOid: here.databaseOid,
    timeline: here.timeline ?? before.timeline,
  };
}
