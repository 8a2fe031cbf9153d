import { z } from 'zod';
import type { Call, Turn } from '../domain/call.ts';
import { id, pageOf, pageQuery, repeatable, searchWords, time, timeInput, wireTime, wireTimeOrNull } from './common.ts';

const callStatuses = ['queued', 'ringing', 'in_progress', 'completed', 'no_answer', 'busy', 'failed'] as const;
const endReasons = [
  'caller_hung_up',
  'agent_ended',
  'max_duration',
  'silence',
  'operator',
  'machine',
  'error',
  'drained',
] as const;

export const latencyWire = z
  .object({
    endpointingMs: z.number(),
    sttMs: z.number(),
    llmFirstTokenMs: z.number(),
    ttsFirstByteMs: z.number(),
    firstAudioMs: z.number(),
    totalMs: z.number(),
    heardGapMs: z.number().optional(),
  })
  .meta({
    id: 'TurnLatency',
    description:
      'Each of five counts from the previous milestone; they sum to totalMs, from the last of the voice to the first sound of the answer. heardGapMs: the silence in it, less where a sentence asked them to wait.',
  });

export const turnWire = z
  .object({
    index: z.number().int(),
    role: z.enum(['caller', 'agent', 'tool']),
    text: z.string(),
    heardText: z.string().nullable(),
    interrupted: z.boolean(),
    startedAt: time,
    endedAt: time.nullable(),
    toolName: z.string().nullable(),
    toolArguments: z.unknown(),
    toolResult: z.unknown(),
    latency: latencyWire.nullable(),
  })
  .meta({ id: 'Turn' });
export type TurnWire = z.infer<typeof turnWire>;

export const callWire = z
  .object({
    id,
    direction: z.enum(['inbound', 'outbound']),
    status: z.enum(callStatuses),
    carrier: z.string(),
    carrierCallId: z.string().nullable(),
    agentId: id,
    conversationId: id,
    callbackId: id.nullable(),
    from: z.string().nullable(),
    to: z.string(),
    startedAt: time,
    answeredAt: time.nullable(),
    endedAt: time.nullable(),
    endReason: z.enum(endReasons).nullable(),
    recordingAvailable: z.boolean(),
    summary: z.string().nullable(),
    /** When its transcript, summary and recording were erased (`RETENTION_DAYS` after its end). */
    purgedAt: time.nullable(),
    /** How often its line was lost and opened again. */
    resumes: z.number().int(),
    transcript: z.array(turnWire).optional(),
  })
  .meta({ id: 'Call' });
export type CallWire = z.infer<typeof callWire>;

export const callPage = pageOf(callWire);
export const callQuery = z.object({
  ...pageQuery,
  status: repeatable(z.enum(callStatuses)),
  agentId: id.optional(),
  conversationId: id.optional(),
  callbackId: id.optional(),
  from: timeInput.optional(),
  until: timeInput.optional(),
  q: searchWords,
  order: z.enum(['asc', 'desc']).default('desc'),
});
export type CallQuery = z.infer<typeof callQuery>;

/** A call as the API shows it, with its turns where they are asked for. */
export function callToWire(call: Call, turns?: readonly Turn[]): CallWire {
  return {
    id: call.id,
    direction: call.direction,
    status: call.status,
    carrier: call.carrier,
    carrierCallId: call.carrierCallId,
    agentId: call.agentId,
    conversationId: call.conversationId,
    callbackId: call.callbackId,
    from: call.from,
    to: call.to,
    startedAt: wireTime(call.startedAt),
    answeredAt: wireTimeOrNull(call.answeredAt),
    endedAt: wireTimeOrNull(call.endedAt),
    endReason: call.endReason,
    recordingAvailable:
      call.recordingFile !== null && (call.recording === 'complete' || call.recording === 'incomplete'),
    summary: call.summary,
    purgedAt: wireTimeOrNull(call.purgedAt ?? null),
    resumes: call.resumes,
    ...(turns === undefined ? {} : { transcript: turns.map(turnToWire) }),
  };
}

export function turnToWire(turn: Turn): TurnWire {
  return { ...turn, startedAt: wireTime(turn.startedAt), endedAt: wireTimeOrNull(turn.endedAt) };
}
