import { z } from 'zod';
import type { CallbackAttempt } from '../domain/attempt.ts';
import { attemptOutcomes, attemptStatuses } from '../domain/attempt.ts';
import type { Callback, CallbackPhase } from '../domain/callback.ts';
import { callbackStatuses } from '../domain/callback.ts';
import {
  id,
  pageOf,
  pageQuery,
  repeatable,
  searchWords,
  time,
  timeInput,
  wireTime,
  wireTimeOrNull,
  words,
} from './common.ts';

export const attemptWire = z
  .object({
    id,
    number: z.number().int(),
    status: z.enum(attemptStatuses),
    outcome: z.enum(attemptOutcomes).nullable(),
    counted: z.boolean(),
    detail: z.string().nullable(),
    startedAt: time,
    answeredAt: time.nullable(),
    endedAt: time.nullable(),
    callId: id.nullable(),
    carrierCallId: z.string().nullable(),
  })
  .meta({ id: 'Attempt' });
export type AttemptWire = z.infer<typeof attemptWire>;

export const callbackWire = z
  .object({
    id,
    status: z.enum(callbackStatuses),
    phase: z.enum(['checking', 'queued', 'ringing', 'on_call']).nullable(),
    agentId: id,
    conversationId: id,
    to: z.string(),
    toName: z.string().nullable(),
    from: z.string().nullable(),
    dueAt: time,
    timeZone: z.string(),
    reason: z.string(),
    attemptsMade: z.number().int(),
    maxAttempts: z.number().int(),
    nextAttemptAt: time.nullable(),
    attempts: z.array(attemptWire).optional(),
    originCallId: id.nullable(),
    failureReason: z.string().nullable(),
    failureCode: z.string().nullable(),
    warning: z.string().nullable(),
    cancelledBy: z.string().nullable(),
    /** When its reason and the person's name were erased (`RETENTION_DAYS` after it was over). */
    purgedAt: time.nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Callback' });
export type CallbackWire = z.infer<typeof callbackWire>;

export const callbackPage = pageOf(callbackWire);
export const callbackCounts = z.record(z.enum(callbackStatuses), z.number().int()).meta({ id: 'CallbackCounts' });

const yesOrNo = z
  .enum(['true', 'false'])
  .transform((word) => word === 'true')
  .optional();

export const callbackQuery = z.object({
  ...pageQuery,
  status: repeatable(z.enum(callbackStatuses)),
  agentId: id.optional(),
  to: words(64).optional(),
  from: timeInput.optional(),
  until: timeInput.optional(),
  q: searchWords,
  /** `true`: something is still to come; `false`: it is over. */
  open: yesOrNo,
  /** `true`: it failed, or it waits with a warning. */
  attention: yesOrNo,
  /** By the promised time, or by the next planned dial (the promised time where none is planned). */
  sort: z.enum(['due', 'next']).default('due'),
  order: z.enum(['asc', 'desc']).default('asc'),
});
export type CallbackQuery = z.infer<typeof callbackQuery>;

/** Which rules a booking or a move may break. */
export const override = z
  .array(z.enum(['calling_hours']))
  .max(1)
  .default([]);

export const callbackInput = z
  .strictObject({
    agentId: id,
    to: z.string().min(3).max(64),
    toName: words(100).trim().nullable().optional(),
    dueAt: timeInput,
    timeZone: z.string().max(64).optional(),
    reason: z.string().trim().max(500).default(''),
    originCallId: id.optional(),
    override,
  })
  .meta({ id: 'NewCallback' });
export type CallbackInput = z.infer<typeof callbackInput>;

export const moveInput = z.strictObject({ dueAt: timeInput, override }).meta({ id: 'MoveInput' });

export const zoneQuery = z.object({ agentId: id, to: words(64) });
/** In which zones a number may be, and which a booking without one would take. */
export const zoneWire = z
  .object({
    /** E.164; null where it is no number. */
    to: z.string().nullable(),
    timeZone: z.string(),
    zones: z.array(z.string()),
    /** Of the agent, in the callee's local time; null: any hour. */
    callingHours: z.object({ start: z.string(), end: z.string() }).nullable(),
  })
  .meta({ id: 'CalleeZone' });
export type ZoneWire = z.infer<typeof zoneWire>;

export const exportQuery = callbackQuery.omit({ limit: true, cursor: true });

export const dialNowInput = z.strictObject({ override }).meta({ id: 'DialNowInput' });

/** What the attempt in flight says of a callback that is Dialing. */
export function phaseOf(attempt: CallbackAttempt | undefined): CallbackPhase | null {
  if (attempt === undefined || attempt.status === 'ended') return null;
  const phases = {
    sending: 'queued',
    unknown: 'checking',
    placed: 'queued',
    ringing: 'ringing',
    answered: 'on_call',
  } as const;
  return phases[attempt.status];
}

/** A callback as the API shows it. `current` is the attempt in flight; `attempts` go along where they are asked for. */
export function callbackToWire(
  callback: Callback,
  current: CallbackAttempt | undefined,
  attempts?: readonly CallbackAttempt[],
): CallbackWire {
  return {
    id: callback.id,
    status: callback.status,
    phase: callback.status === 'dialing' ? phaseOf(current) : null,
    agentId: callback.agentId,
    conversationId: callback.conversationId,
    to: callback.to,
    toName: callback.toName,
    from: callback.from,
    dueAt: wireTime(callback.dueAt),
    timeZone: callback.timeZone,
    reason: callback.reason,
    attemptsMade: callback.attemptsMade,
    maxAttempts: callback.maxAttempts,
    nextAttemptAt: wireTimeOrNull(callback.nextAttemptAt),
    ...(attempts === undefined ? {} : { attempts: attempts.map(attemptToWire) }),
    originCallId: callback.originCallId,
    failureReason: callback.failureReason,
    failureCode: callback.failureCode,
    warning: callback.warning,
    cancelledBy: callback.cancelledBy,
    purgedAt: wireTimeOrNull(callback.purgedAt ?? null),
    createdAt: wireTime(callback.createdAt),
    updatedAt: wireTime(callback.updatedAt),
  };
}

function attemptToWire(attempt: CallbackAttempt): AttemptWire {
  const hasCall = attempt.carrierCallId !== null || attempt.answeredAt !== null;
  return {
    id: attempt.id,
    number: attempt.number,
    status: attempt.status,
    outcome: attempt.outcome,
    counted: attempt.counted,
    detail: attempt.detail,
    startedAt: wireTime(attempt.startedAt),
    answeredAt: wireTimeOrNull(attempt.answeredAt),
    endedAt: wireTimeOrNull(attempt.endedAt),
    callId: hasCall ? attempt.callId : null,
    carrierCallId: attempt.carrierCallId,
  };
}
