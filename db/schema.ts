import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { CallbackPolicy, CallLimits, RecordingMode, VendorChoice } from '../src/domain/agent.ts';
import type { AttemptOutcome, AttemptStatus, MachineVerdict } from '../src/domain/attempt.ts';
import { attemptStatuses } from '../src/domain/attempt.ts';
import type { CallDirection, CallEndReason, CallStatus, TurnLatency, TurnRole } from '../src/domain/call.ts';
import type { CallbackStatus, CancelledBy, FailureCode, PacedSlot } from '../src/domain/callback.ts';
import { callbackStatuses } from '../src/domain/callback.ts';
import { instant } from './columns.ts';

/*
 * Ids are UUID v7, made by the process that inserts, so that they sort by time. Statuses are text with a check:
 * a wrong one fails loudly, and psql shows words.
 */

const oneOf = (column: string, values: readonly string[]) =>
  sql.raw(`${column} in (${values.map((value) => `'${value}'`).join(', ')})`);
const created = () =>
  instant('created_at')
    .notNull()
    .default(sql`now()`);
const updated = () =>
  instant('updated_at')
    .notNull()
    .default(sql`now()`);

/** Facts of this installation that are no set-up of an operator's: secrets, the outbound hold. */
export const setting = pgTable('setting', {
  key: text().primaryKey(),
  value: jsonb().notNull(),
  updatedAt: updated(),
});

export const agent = pgTable(
  'agent',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    prompt: text().notNull(),
    greeting: text().notNull(),
    language: text().notNull(),
    timeZone: text('time_zone').notNull(),
    isDefault: boolean('is_default').notNull().default(false),
    stt: jsonb().$type<VendorChoice>(),
    llm: jsonb().$type<VendorChoice>(),
    voice: jsonb().$type<VendorChoice>(),
    recording: text().$type<RecordingMode>().notNull(),
    disclosure: jsonb().$type<{ enabled: boolean; businessName: string }>().notNull(),
    limits: jsonb().$type<CallLimits>().notNull(),
    tools: jsonb().$type<Record<string, boolean>>().notNull(),
    callbackPolicy: jsonb('callback_policy').$type<CallbackPolicy>().notNull(),
    /** Set when an operator deleted it: calls and callbacks of the past go on naming it. */
    deletedAt: instant('deleted_at'),
    createdAt: created(),
    updatedAt: updated(),
  },
  (table) => [
    uniqueIndex('agent_one_default')
      .on(table.isDefault)
      .where(sql`is_default`),
  ],
);

export const phoneNumber = pgTable('phone_number', {
  id: uuid().primaryKey(),
  /** E.164 or `browser:ringback`. */
  number: text().notNull().unique(),
  carrier: text().notNull(),
  agentId: uuid('agent_id').references(() => agent.id),
  inboundEnabled: boolean('inbound_enabled').notNull().default(true),
  outboundEnabled: boolean('outbound_enabled').notNull().default(false),
  /** Ours, always there. */
  builtIn: boolean('built_in').notNull().default(false),
  createdAt: created(),
  updatedAt: updated(),
});

/** The thread that joins the calls with one person about one matter. */
export const conversation = pgTable(
  'conversation',
  {
    id: uuid().primaryKey(),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agent.id),
    /** Their number; null for a hidden caller. */
    person: text(),
    createdAt: created(),
  },
  (table) => [index('conversation_person').on(table.person, table.agentId)],
);

export const call = pgTable(
  'call',
  {
    id: uuid().primaryKey(),
    direction: text().$type<CallDirection>().notNull(),
    status: text().$type<CallStatus>().notNull(),
    carrier: text().notNull(),
    carrierCallId: text('carrier_call_id'),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agent.id),
    conversationId: uuid('conversation_id')
      .notNull()
      .references(() => conversation.id),
    callbackId: uuid('callback_id'),
    attemptId: uuid('attempt_id'),
    from: text('from_number'),
    to: text('to_number').notNull(),
    attestation: text().$type<'full' | 'partial' | 'none'>().notNull().default('none'),
    /** The caller's zone where the carrier told it. */
    timeZone: text('time_zone'),
    startedAt: instant('started_at').notNull(),
    answeredAt: instant('answered_at'),
    endedAt: instant('ended_at'),
    endReason: text('end_reason').$type<CallEndReason>(),
    /** How often its media stream was opened again after a loss. */
    resumes: smallint().notNull().default(0),
    /** The replica that holds the live session. */
    replicaId: uuid('replica_id'),
    recording: text().$type<'none' | 'running' | 'complete' | 'incomplete'>().notNull().default('none'),
    /** File name inside RECORDINGS_DIR. */
    recordingFile: text('recording_file'),
    recordingReplicaId: uuid('recording_replica_id'),
    summary: text(),
    /** When its words and its recording were erased, RETENTION_DAYS after its end. */
    purgedAt: instant('purged_at'),
    createdAt: created(),
    updatedAt: updated(),
  },
  (table) => [
    uniqueIndex('call_carrier_call').on(table.carrier, table.carrierCallId),
    index('call_started').on(table.startedAt.desc(), table.id.desc()),
    index('call_conversation').on(table.conversationId, table.startedAt),
    // The last look before a dial asks whether this person is on a call, or has just hung up.
    index('call_caller').on(table.from, table.startedAt),
    index('call_callee').on(table.to, table.startedAt),
    index('call_live')
      .on(table.replicaId)
      .where(sql`ended_at is null`),
    index('call_unpurged')
      .on(table.endedAt)
      .where(sql`purged_at is null and ended_at is not null`),
  ],
);

export const turn = pgTable(
  'turn',
  {
    callId: uuid('call_id')
      .notNull()
      .references(() => call.id, { onDelete: 'cascade' }),
    index: integer('turn_index').notNull(),
    role: text().$type<TurnRole>().notNull(),
    text: text().notNull(),
    heardText: text('heard_text'),
    interrupted: boolean().notNull().default(false),
    startedAt: instant('started_at').notNull(),
    endedAt: instant('ended_at'),
    toolName: text('tool_name'),
    toolArguments: jsonb('tool_arguments').$type<unknown>(),
    toolResult: jsonb('tool_result').$type<unknown>(),
    latency: jsonb().$type<TurnLatency>(),
  },
  (table) => [primaryKey({ columns: [table.callId, table.index] })],
);

export const callback = pgTable(
  'callback',
  {
    id: uuid().primaryKey(),
    status: text().$type<CallbackStatus>().notNull(),
    agentId: uuid('agent_id')
      .notNull()
      .references(() => agent.id),
    conversationId: uuid('conversation_id')
      .notNull()
      .references(() => conversation.id),
    to: text('to_number').notNull(),
    toName: text('to_name'),
    from: text('from_number'),
    dueAt: instant('due_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    timeZone: text('time_zone').notNull(),
    timeZoneNamed: boolean('time_zone_named').notNull(),
    hoursWaivedFor: instant('hours_waived_for'),
    reason: text().notNull(),
    attemptsMade: integer('attempts_made').notNull().default(0),
    maxAttempts: integer('max_attempts').notNull(),
    nextAttemptAt: instant('next_attempt_at'),
    slot: jsonb().$type<PacedSlot>(),
    currentAttemptId: uuid('current_attempt_id'),
    releases: integer().notNull().default(0),
    originCallId: uuid('origin_call_id'),
    failureCode: text('failure_code').$type<FailureCode>(),
    failureReason: text('failure_reason'),
    warning: text(),
    cancelledBy: text('cancelled_by').$type<CancelledBy>(),
    hangupRequested: boolean('hangup_requested').notNull().default(false),
    /** When its reason and the person's name were erased, RETENTION_DAYS after it was over. */
    purgedAt: instant('purged_at'),
    createdAt: created(),
    updatedAt: updated(),
  },
  (table) => [
    check('callback_status', oneOf('status', callbackStatuses)),
    check('callback_dialing_has_attempt', sql`(status = 'dialing') = (current_attempt_id is not null)`),
    check('callback_dialing_has_no_timer', sql`status <> 'dialing' or next_attempt_at is null`),
    check('callback_scheduled_has_timer', sql`status <> 'scheduled' or next_attempt_at is not null`),
    // One open promise per person and agent. Dialing does not count, so that it can book the next one.
    uniqueIndex('callback_one_open')
      .on(table.agentId, table.to)
      .where(sql`status in ('scheduled', 'no_answer') and next_attempt_at is not null`),
    index('callback_due').on(table.dueAt, table.id),
    index('callback_person').on(table.to, table.createdAt),
    index('callback_conversation').on(table.conversationId),
    // Few at any moment among millions: who looks for what stays Dialing reads those alone.
    index('callback_dialing')
      .on(table.updatedAt)
      .where(sql`status = 'dialing'`),
    index('callback_unpurged')
      .on(table.updatedAt)
      .where(sql`purged_at is null and status <> 'scheduled' and status <> 'dialing' and next_attempt_at is null`),
  ],
);

export const attempt = pgTable(
  'attempt',
  {
    id: uuid().primaryKey(),
    callbackId: uuid('callback_id')
      .notNull()
      .references(() => callback.id),
    number: integer('attempt_number').notNull(),
    status: text().$type<AttemptStatus>().notNull(),
    outcome: text().$type<AttemptOutcome>(),
    counted: boolean().notNull().default(false),
    detail: text(),
    carrier: text().notNull(),
    from: text('from_number').notNull(),
    to: text('to_number').notNull(),
    callId: uuid('call_id').notNull(),
    carrierCallId: text('carrier_call_id'),
    ownerId: uuid('owner_id').notNull(),
    ownerEpoch: bigint('owner_epoch', { mode: 'number' }).notNull(),
    machineDetection: boolean('machine_detection').notNull(),
    machineVerdict: text('machine_verdict').$type<MachineVerdict>(),
    startedAt: instant('started_at').notNull(),
    answeredAt: instant('answered_at'),
    openingAt: instant('opening_at'),
    endedAt: instant('ended_at'),
    checkAt: instant('check_at'),
    checks: integer().notNull().default(0),
  },
  (table) => [
    check('attempt_status', oneOf('status', attemptStatuses)),
    check('attempt_ended_has_outcome', sql`(status = 'ended') = (outcome is not null)`),
    uniqueIndex('attempt_number').on(table.callbackId, table.number),
    // At most one call to a person in flight: only so can a call in the carrier's list be matched to its attempt.
    uniqueIndex('attempt_one_in_flight')
      .on(table.carrier, table.to)
      .where(sql`status <> 'ended'`),
    index('attempt_unsettled')
      .on(table.ownerId)
      .where(sql`status in ('sending', 'unknown')`),
    index('attempt_person').on(table.to, table.startedAt),
    uniqueIndex('attempt_carrier_call')
      .on(table.carrier, table.carrierCallId)
      .where(sql`carrier_call_id is not null`),
  ],
);

/** One row per thing that has a time: narrow, written once, deleted when it is taken. */
export const timer = pgTable(
  'timer',
  {
    fireAt: instant('fire_at').notNull(),
    /** The callback (`dial`) or the attempt (`check`). */
    id: uuid().notNull(),
    kind: text().$type<'dial' | 'check'>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.fireAt, table.id] })],
);

/** One row per carrier whose calls per second are limited: when the next one may begin. In microseconds. */
export const pacer = pgTable('pacer', {
  carrier: text().primaryKey(),
  nextAt: timestamp('next_at', { withTimezone: true, mode: 'string' }).notNull(),
});

/** One row per running process. Its lease is renewed as a whole; taking over raises the epoch first. */
export const replica = pgTable('replica', {
  id: uuid().primaryKey(),
  epoch: bigint({ mode: 'number' }).notNull(),
  leaseUntil: instant('lease_until').notNull(),
  draining: boolean().notNull().default(false),
  version: text().notNull(),
  startedAt: instant('started_at').notNull(),
});

/** What a delivery that may come twice has already done. Kept 24 h. */
export const idempotencyKey = pgTable('idempotency_key', {
  key: text().primaryKey(),
  bodyHash: text('body_hash').notNull(),
  result: jsonb().$type<unknown>().notNull(),
  expiresAt: instant('expires_at').notNull(),
});

export const doNotCall = pgTable('do_not_call', {
  id: uuid().primaryKey(),
  number: text().notNull().unique(),
  reason: text().notNull(),
  createdAt: created(),
});

/** A carrier whose account refuses everything is paused until a look at the account succeeds. */
export const carrierPause = pgTable('carrier_pause', {
  carrier: text().primaryKey(),
  reason: text().notNull(),
  since: instant().notNull(),
});

/** What the console is told, kept for an hour so that a stream can be resumed. The row itself is read when sent. */
export const event = pgTable('event', {
  id: bigserial({ mode: 'number' }).primaryKey(),
  type: text().$type<'callback.changed' | 'call.changed' | 'call.turn'>().notNull(),
  subjectId: uuid('subject_id').notNull(),
  turnIndex: integer('turn_index'),
  createdAt: created(),
});

/** Who changed what. `before` and `after` hold set-up and times, never a caller's words. */
export const audit = pgTable(
  'audit',
  {
    id: uuid().primaryKey(),
    at: instant()
      .notNull()
      .default(sql`now()`),
    actor: text().notNull(),
    action: text().notNull(),
    subjectType: text('subject_type').notNull(),
    subjectId: text('subject_id').notNull(),
    before: jsonb().$type<unknown>(),
    after: jsonb().$type<unknown>(),
  },
  (table) => [index('audit_subject').on(table.subjectType, table.subjectId, table.at)],
);

/** Single-use proof that a media stream belongs to a call. Only the hash is stored. */
export const streamToken = pgTable('stream_token', {
  hash: text().primaryKey(),
  callId: uuid('call_id').notNull(),
  expiresAt: instant('expires_at').notNull(),
  usedAt: instant('used_at'),
});

export const signInCode = pgTable('sign_in_code', {
  hash: text().primaryKey(),
  expiresAt: instant('expires_at').notNull(),
  usedAt: instant('used_at'),
});

export const session = pgTable('session', {
  hash: text().primaryKey(),
  /** Under which operators see and revoke it; says nothing of the secret. */
  id: uuid()
    .notNull()
    .unique()
    .default(sql`gen_random_uuid()`),
  /** The browser's own name, as it was at the sign-in. */
  userAgent: text('user_agent').notNull().default(''),
  createdAt: created(),
  /** To the minute. */
  seenAt: instant('seen_at')
    .notNull()
    .default(sql`now()`),
  expiresAt: instant('expires_at').notNull(),
});
