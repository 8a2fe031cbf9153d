import type { MachineVerdict } from '../../domain/attempt.ts';
import type { DialledAttempt, FoundCall } from '../carrier.ts';
import { progressOf, verdictOf } from './outcomes.ts';

/** How far Twilio's clock and the database's may be apart; Twilio's times are in whole seconds. */
const SKEW_MS = 10_000;

/** A call as Twilio's call resource shows it; undefined where the answer is none. */
export function foundCall(resource: unknown): FoundCall | undefined {
  if (!isRecord(resource)) return undefined;
  const { sid, status, answered_by: answeredBy } = resource;
  if (typeof sid !== 'string' || typeof status !== 'string') return undefined;
  const progress = progressOf({ status, sipResponse: null, errorCode: null });
  if (progress === undefined) return undefined;
  const verdict: { machineVerdict?: MachineVerdict } =
    typeof answeredBy === 'string' && answeredBy !== '' ? { machineVerdict: verdictOf(answeredBy) } : {};
  return { carrierCallId: sid, state: progress === 'placed' ? 'queued' : progress, ...verdict };
}

/** In a list by To (and From; null: whichever of our numbers dialled them). */
type CallsWanted = Pick<DialledAttempt, 'to' | 'startedAt'> & { readonly from: string | null };

/**
 * The call of an attempt in such a list. Only one attempt to a person is ever in flight, so the newest that was created
 * since is its call; one before it may still stand within what the clocks may be apart.
 */
export function matchingCall(list: unknown, attempt: CallsWanted): FoundCall | undefined {
  return foundCall(createdSince(list, attempt)[0]);
}

/** All calls since, the newest first, whatever attempts they were for. */
export function matchingCalls(list: unknown, attempt: CallsWanted): readonly FoundCall[] {
  return createdSince(list, attempt).flatMap((call) => foundCall(call) ?? []);
}

function createdSince(list: unknown, attempt: CallsWanted): readonly unknown[] {
  const calls = isRecord(list) && Array.isArray(list['calls']) ? (list['calls'] as unknown[]) : [];
  const since = attempt.startedAt.epochMilliseconds - SKEW_MS;
  return calls
    .filter(isRecord)
    .filter(
      (call) =>
        call['direction'] === 'outbound-api' &&
        call['to'] === attempt.to &&
        (attempt.from === null || call['from'] === attempt.from),
    )
    .map((call) => ({ call, createdMs: createdMs(call['date_created']) }))
    .filter(({ createdMs: at }) => at >= since)
    .toSorted((a, b) => b.createdMs - a.createdMs)
    .map(({ call }) => call);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Tue, 24 Nov 2026 14:16:32 +0000` (RFC 2822); NaN for anything else, which is never `>=` a time. */
function createdMs(text: unknown): number {
  const match =
    typeof text === 'string'
      ? /^\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/.exec(text)
      : null;
  if (match === null) return Number.NaN;
  const [, day, month = '', year, time, hours, minutes] = match;
  const number = String(months.indexOf(month) + 1).padStart(2, '0');
  try {
    return Temporal.Instant.from(`${year}-${number}-${day}T${time}${hours}:${minutes}`).epochMilliseconds;
  } catch {
    return Number.NaN;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
