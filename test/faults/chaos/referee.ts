import type { Sql } from 'postgres';
import type { TwilioCall } from '../../fakes/twilio/call.ts';
import type { TwilioServer } from '../../fakes/twilio/server.ts';
import type { Booked } from './booker.ts';
import { heardMs, type Request } from './people.ts';

/** What became of all promises, as the carrier's book, the database and whoever asked for them have it. */
export interface Verdict {
  readonly counts: Readonly<Record<string, number>>;
  /** A sentence for each thing that must not be. */
  readonly violations: readonly string[];
}

export interface Evidence {
  readonly sql: Sql;
  readonly twilio: TwilioServer;
  readonly booked: readonly Booked[];
  readonly requests: readonly Request[];
  /** Replicas that ended by themselves. */
  readonly died: readonly string[];
  /** Whether that person stays on the line to hear what is said. */
  readonly isListener: (to: string) => boolean;
}

interface CallbackRow {
  readonly id: string;
  readonly to: string;
  readonly status: string;
  readonly open: boolean;
  readonly missed: boolean;
}

interface AttemptRow {
  readonly id: string;
  readonly callbackId: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly reconciled: boolean;
  /** Whether it was stored that the agent had begun to speak. */
  readonly opened: boolean;
  /** How it stands, for whoever has to find out why it does. */
  readonly whereabouts: string;
}

/** A conversation is one in which they heard so much. */
const CONVERSATION_MS = 300;
/** A request so long after its time is late. */
const LATE_MS = 60_000;

/** Compares the three books. Nothing may be under way any more. */
export async function judge({ sql, twilio, booked, requests, died, isListener }: Evidence): Promise<Verdict> {
  const callbacks = await sql<CallbackRow[]>`
    select id, to_number as "to", status, (status = 'dialing' or next_attempt_at is not null) as open,
      coalesce(failure_code = 'missed', false) as missed from callback`;
  const attempts = await sql<AttemptRow[]>`
    select a.id, a.callback_id as "callbackId", a.status, outcome, checks > 0 as reconciled,
      a.opening_at is not null as opened,
      format('%s, %s looks, next %s, timer in %s', a.status, checks, check_at - now(), t.fire_at - now()) as whereabouts
    from attempt a left join timer t on t.id = a.id`;
  const outbound = twilio.calls.filter(({ options }) => options.direction === 'outbound-api');
  const rows = new Map(callbacks.map((row) => [row.id, row]));
  const known = new Set(attempts.map(({ id }) => id));
  const first = new Map<string, Request>();
  for (const request of requests) if (!first.has(request.callbackId)) first.set(request.callbackId, request);
  const talks = new Map<string, number>();
  const opened = new Set(attempts.filter((attempt) => attempt.opened).map(({ id }) => id));
  const forgotten = new Set<string>();
  const heard = new Set<string>();
  for (const call of outbound) {
    const id = callbackOf(call);
    if (heardMs(call) === 0) continue;
    heard.add(id);
    if (!opened.has(attemptOf(call))) forgotten.add(id);
    if (heardMs(call) >= CONVERSATION_MS) talks.set(id, (talks.get(id) ?? 0) + 1);
  }
  const silent = callbacks.filter(({ id, status }) => status === 'completed' && !heard.has(id));
  const late = booked.filter(({ id, dueAtMs }) => (first.get(id)?.atMs ?? 0) - dueAtMs > LATE_MS);
  const violations: string[] = died.map((name) => `${name} ended by itself`);
  const must = (found: readonly string[], what: string): number => {
    for (const one of found) violations.push(`${what}: ${one}`);
    return found.length;
  };
  const acknowledged = new Set(booked.map(({ id }) => id));
  const ended = (status: string): number => callbacks.filter((row) => row.status === status && !row.open).length;

  const counts = {
    booked: booked.length,
    completed: ended('completed'),
    no_answer: ended('no_answer'),
    failed: ended('failed'),
    cancelled: ended('cancelled'),
    kept: booked.filter(({ id }) => first.has(id)).length - late.length,
    late: late.length,
    broken: callbacks.filter(({ id, missed }) => missed && !first.has(id)).length,
    requests: requests.length,
    attempts: attempts.length,
    lost_attempts: attempts.filter(({ outcome }) => outcome === 'lost').length,
    reconciled_apart: attempts.filter(({ reconciled, outcome }) => reconciled && outcome !== 'lost').length,
    requested_twice: must(twice(requests.map(({ attemptId }) => attemptId)), 'an attempt was requested twice'),
    without_intent: must(
      requests.filter(({ attemptId }) => !known.has(attemptId)).map(({ attemptId }) => attemptId),
      'requested without an intent',
    ),
    second_conversations: must(
      await Promise.all([...talks].filter(([, count]) => count > 1).map(([id]) => storyOf(sql, outbound, id))),
      'two conversations for one promise',
    ),
    heard_and_forgotten: must(
      await Promise.all([...forgotten].map((id) => storyOf(sql, outbound, id))),
      'the agent was heard, and its opening is not stored',
    ),
    silent_completions: silent.length,
    silent_to_listeners: silent.filter(({ to }) => isListener(to)).length,
    early: must(
      booked.filter(({ id, dueAtMs }) => (first.get(id)?.atMs ?? dueAtMs) < dueAtMs).map(({ id }) => id),
      'dialled before its time',
    ),
    dialled_after_cancel: must(
      booked
        .filter(
          // One that had been dialled may still be cancelled while its retry waits.
          ({ id, cancelledAtMs }) =>
            cancelledAtMs !== null &&
            (rows.get(id)?.status !== 'cancelled' ||
              requests.some((request) => request.callbackId === id && request.elapsedMs > cancelledAtMs)),
        )
        .map(({ id }) => id),
      'dialled although its cancel was acknowledged',
    ),
    lost: must(
      booked.filter(({ id }) => !rows.has(id)).map(({ id }) => id),
      'acknowledged, and not there',
    ),
    doubled: must(
      callbacks.filter(({ id }) => !acknowledged.has(id)).map(({ id }) => id),
      'there, and not acknowledged',
    ),
    stuck: must(
      [
        ...callbacks.filter(({ open }) => open).map(({ id, status }) => `callback ${id} is ${status}`),
        ...attempts
          .filter(({ status }) => status !== 'ended')
          .map(({ id, whereabouts }) => `attempt ${id} is ${whereabouts}`),
        ...outbound.filter(({ isOver }) => !isOver).map(({ sid, status }) => `call ${sid} is ${status}`),
      ],
      'stuck',
    ),
  };
  return { counts, violations };
}

function twice(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  return ids.filter((id) => seen.size === seen.add(id).size);
}

/** The attempts of a callback and the calls that there were, for whoever has to find out how it came to that. */
async function storyOf(sql: Sql, calls: readonly TwilioCall[], callbackId: string): Promise<string> {
  const attempts = await sql<{ line: string }[]>`
    select format('%s %s (call %s): sent %s, answered %s, opening %s, ended %s', attempt_number, outcome, call_id,
      started_at::time, answered_at::time, opening_at::time, ended_at::time) as line
    from attempt where callback_id = ${callbackId} order by attempt_number`;
  const heard = calls
    .filter((call) => callbackOf(call) === callbackId)
    .map((call) => `${call.sid}: ${heardMs(call)} ms heard in ${call.streams} streams`);
  return [callbackId, ...attempts.map(({ line }) => line), ...heard].join('\n    ');
}

function callbackOf(call: TwilioCall): string {
  return new URL(call.options.request?.get('Url') ?? '').searchParams.get('callback') ?? '';
}

function attemptOf(call: TwilioCall): string {
  return new URL(call.options.request?.get('Url') ?? '').pathname.split('/').at(-1) ?? '';
}
