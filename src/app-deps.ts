import { findCurrentAgent, listAgents } from '../db/agent-store.ts';
import { listAudit } from '../db/audit-store.ts';
import type { CallRecords } from '../db/call-store.ts';
import type { Database } from '../db/database.ts';
import { listDoNotCall } from '../db/do-not-call-store.ts';
import {
  holdOutbound,
  outboundHeldReason,
  pausedCarriers,
  releaseOutbound,
  resumeCarrier,
} from '../db/outbound-store.ts';
import { databaseFacts, listReplicas } from '../db/health-store.ts';
import { findPhoneNumber, listPhoneNumbers } from '../db/phone-number-store.ts';
import { OperatorDesk } from './callbacks/operator-desk.ts';
import type { CallbackDeps } from './callbacks/deps.ts';
import { wireTime, wireTimeOrNull } from './api/common.ts';
import type { HealthWire } from './api/health.ts';
import type { SystemWire } from './api/system.ts';
import type { Carrier } from './carriers/carrier.ts';
import { findCall, listCalls } from './conversations/call-log.ts';
import { isRingbackError, RingbackError } from './errors.ts';
import type { AppDeps, Page, PageRequest } from './http/deps.ts';
import { eraseRecording, listRecordings } from './recordings/erase-recordings.ts';
import { readRecording, type ByteRange, type RecordingBytes } from './recordings/read-recording.ts';
import { changeAgent, createAgent, deleteAgent } from './set-up/agents.ts';
import { listNumber, unlistNumber } from './set-up/do-not-call.ts';
import { erasePerson, lookUpPerson } from './set-up/erase-person.ts';
import { addPhoneNumber, changePhoneNumber, removePhoneNumber } from './set-up/phone-numbers.ts';
import { checkWiring } from './set-up/wiring.ts';
import type { MonotonicClock } from './clock.ts';
import type { HangUps } from './switchboard/hang-up.ts';
import type { StandInUse } from './vendors.ts';

export interface SurfaceOptions {
  readonly database: Database;
  readonly replicaId: string;
  readonly callbacks: CallbackDeps;
  readonly records: CallRecords;
  readonly recordingsDir: string;
  readonly hangUps: HangUps;
  readonly carriers: readonly Carrier[];
  /** The switches of every tool there is. */
  readonly toolSettings: readonly string[];
  readonly standIns: readonly StandInUse[];
  readonly vendors: SystemWire['vendors'];
  /** An STT is configured. */
  readonly speech: boolean;
  readonly version: string;
  readonly clock: Pick<MonotonicClock, 'nowMs'>;
  readonly publicUrl: () => string;
  /** Whether a URL of ours answers when it is asked from here. */
  readonly reaches: (url: string) => Promise<boolean>;
  /** What can't be told of the database. */
  readonly cannotRecognise: () => HealthWire['database']['cannotRecognise'];
  /** The load of this process; null before the first window. */
  readonly eventLoop: () => HealthWire['eventLoop'];
  readonly limits: HealthWire['limits'];
  readonly onLostHint: (error: unknown) => void;
}

/** The rooms' use-cases in the shapes that the HTTP surface asks for. */
export function surfaceOf(
  options: SurfaceOptions,
): Pick<
  AppDeps,
  | 'callbacks'
  | 'calls'
  | 'agents'
  | 'phoneNumbers'
  | 'doNotCall'
  | 'outbound'
  | 'system'
  | 'health'
  | 'audit'
  | 'people'
> {
  const { database, records, toolSettings } = options;
  const setUp = { database, callbacks: options.callbacks };
  return {
    callbacks: new OperatorDesk(options.callbacks, (id) => findCurrentAgent(database.orm, id)),
    calls: {
      list: (query) => listCalls(records, query),
      find: (id) => findCall(records, id),
      findTurn: (callId, index) => records.findTurn(callId, index),
      hangup: (id) => options.hangUps.hangUp(id),
      recording: (id, range) => recordingOf(options, id, range),
    },
    agents: {
      list: (page) => pageBy(page, (limit, afterId) => listAgents(database, { limit, afterId })),
      find: (id) => findCurrentAgent(database.orm, id),
      create: (input, actor) => createAgent(setUp, input, { actor, toolSettings }),
      change: (id, change, actor) => changeAgent(setUp, id, change, actor),
      remove: (id, actor) => deleteAgent(setUp, id, actor),
    },
    phoneNumbers: {
      list: (page) => pageBy(page, (limit, afterId) => listPhoneNumbers(database, { limit, afterId })),
      find: (id) => findPhoneNumber(database.orm, id),
      add: (input, actor) => addPhoneNumber(setUp, input, actor),
      change: (id, change, actor) => changePhoneNumber(setUp, id, change, actor),
      remove: (id, actor) => removePhoneNumber(setUp, id, actor),
      async wiring(id) {
        const { lastInbound, lastOutbound, ...rest } = await checkWiring(options, id);
        return { ...rest, lastInboundAt: wireTimeOrNull(lastInbound), lastOutboundAt: wireTimeOrNull(lastOutbound) };
      },
    },
    doNotCall: {
      list: (page) => pageBy(page, (limit, afterId) => listDoNotCall(database, { limit, afterId })),
      add: (input, actor) => listNumber(setUp, input, actor),
      remove: (id, actor) => unlistNumber(setUp, id, actor),
    },
    outbound: {
      async look() {
        const [heldReason, paused] = [await outboundHeldReason(database), await pausedCarriers(database)];
        const carriers = options.carriers.map(({ name }) => {
          const pause = paused.find(({ carrier }) => carrier === name);
          return {
            name,
            paused: pause !== undefined,
            reason: pause?.reason ?? null,
            since: pause === undefined ? null : wireTime(pause.since),
          };
        });
        return { held: heldReason !== null, heldReason, carriers };
      },
      hold: (reason, actor) => holdOutbound(database, reason, actor),
      release: (actor) => releaseOutbound(database, actor),
      async resume(carrier, actor) {
        if (!options.carriers.some(({ name }) => name === carrier)) throw new RingbackError('not_found', ['carrier']);
        await resumeCarrier(database, carrier, actor);
      },
    },
    people: {
      lookUp: (number) => lookUpPerson(setUp, number),
      erase: (number, actor) =>
        erasePerson(
          {
            ...setUp,
            onLostHint: options.onLostHint,
            eraseFiles: (callIds) => eraseFilesOf(options.recordingsDir, callIds),
          },
          number,
          actor,
        ),
    },
    audit: ({ cursor, limit, from, until, q, ...filter }) =>
      pageBy({ limit, cursor }, (most, beforeId) =>
        listAudit(database, {
          ...filter,
          from: from === undefined ? undefined : Temporal.Instant.from(from),
          until: until === undefined ? undefined : Temporal.Instant.from(until),
          search: q,
          limit: most,
          beforeId,
        }),
      ),
    async health() {
      const begunMs = options.clock.nowMs();
      const facts = await databaseFacts(database);
      const answerMs = options.clock.nowMs() - begunMs;
      const replicas = await listReplicas(database);
      return {
        replicaId: options.replicaId,
        replicas: replicas.map(({ startedAtMs, ...replica }) => ({
          ...replica,
          startedAt: wireTime(Temporal.Instant.fromEpochMilliseconds(Math.floor(startedAtMs))),
        })),
        database: {
          ...facts,
          answerMs,
          embedded: options.standIns.some(({ kind }) => kind === 'database'),
          cannotRecognise: options.cannotRecognise(),
        },
        eventLoop: options.eventLoop(),
        limits: options.limits,
      };
    },
    async system() {
      const [now, heldReason] = [await records.now(), await outboundHeldReason(database)];
      return {
        version: options.version,
        now: wireTime(now),
        speech: options.speech,
        outbound: { held: heldReason !== null, heldReason },
        standIns: [...options.standIns],
        vendors: [...options.vendors],
      };
    },
  };
}

/** The bytes of a call's recording; without a shared folder they lie with the replica that held the call. */
async function recordingOf(options: SurfaceOptions, id: string, range: ByteRange | null): Promise<RecordingBytes> {
  const call = await options.records.find(id);
  if (call?.recordingFile == null) throw new RingbackError('not_found', ['recording']);
  try {
    return await readRecording(options.recordingsDir, call.recordingFile, range);
  } catch (error) {
    const elsewhere = call.recordingReplicaId !== null && call.recordingReplicaId !== options.replicaId;
    if (!elsewhere || !isRingbackError(error, 'not_found')) throw error;
    throw new RingbackError('recording_elsewhere', [call.recordingReplicaId ?? ''], { cause: error });
  }
}

/** Erases the recordings of these calls in a folder, all parts of each; returns how many files went. */
async function eraseFilesOf(dir: string, callIds: ReadonlySet<string>): Promise<number> {
  let erased = 0;
  for (const { file, callId } of await listRecordings(dir))
    if (callIds.has(callId) && (await eraseRecording(dir, file))) erased += 1;
  return erased;
}

/** A page by id, with a cursor that says no more than where it ended. Throws `invalid_request` for a foreign cursor. */
async function pageBy<Item extends { id: string }>(
  page: PageRequest,
  list: (limit: number, afterId: string | undefined) => Promise<Item[]>,
): Promise<Page<Item>> {
  const found = await list(page.limit + 1, page.cursor === undefined ? undefined : readCursor(page.cursor));
  const items = found.slice(0, page.limit);
  const last = items.at(-1);
  const more = found.length > page.limit && last !== undefined;
  return { items, nextCursor: more ? Buffer.from(last.id).toString('base64url') : null };
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw new RingbackError('invalid_request', ['cursor: not one of ours']);
  return id;
}
