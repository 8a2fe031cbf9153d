import type { CarrierEnd } from '../../domain/attempt-states.ts';
import type { MachineVerdict } from '../../domain/attempt.ts';
import type { CarrierEvent, DialResult } from '../carrier.ts';

type ProgressState = Extract<CarrierEvent, { type: 'progress' }>['state'];

/**
 * What a `CallStatus` says (twilio.com/docs/voice/api/call-resource). `failed` alone says nothing: the SIP response
 * and Twilio's error code tell a bad number from a refused one. Undefined for a status that is not known.
 */
export function progressOf(fields: {
  status: string;
  sipResponse: number | null;
  errorCode: number | null;
}): ProgressState | undefined {
  switch (fields.status) {
    case 'queued':
    case 'initiated':
      return 'placed';
    case 'ringing':
      return 'ringing';
    case 'in-progress':
      return 'answered';
    case 'completed':
      return { ended: 'hung_up' };
    case 'busy':
      return { ended: fields.sipResponse === 603 ? 'rejected' : 'busy' };
    case 'no-answer':
      return { ended: fields.sipResponse === 603 ? 'rejected' : 'no_answer' };
    case 'canceled':
      return { ended: 'cancelled' };
    case 'failed':
      return { ended: failureOf(fields.sipResponse, fields.errorCode) };
    default:
      return undefined;
  }
}

const noSuchNumber = { sip: [404, 410, 484, 604], codes: [13_223, 13_224, 21_211, 21_217] };
const notPermitted = { sip: [403, 607, 608], codes: [13_225, 13_227, 32_205, 21_215] };

function failureOf(sipResponse: number | null, errorCode: number | null): CarrierEnd {
  if (matches(noSuchNumber, sipResponse, errorCode)) return 'invalid_number';
  if (matches(notPermitted, sipResponse, errorCode)) return 'not_permitted';
  return 'failed';
}

function matches(
  set: { sip: number[]; codes: number[] },
  sipResponse: number | null,
  errorCode: number | null,
): boolean {
  return (
    (sipResponse !== null && set.sip.includes(sipResponse)) || (errorCode !== null && set.codes.includes(errorCode))
  );
}

/** What answering-machine detection said, in `AnsweredBy`. */
export function verdictOf(answeredBy: string): MachineVerdict {
  if (answeredBy === 'human') return 'human';
  if (answeredBy === 'fax') return 'fax';
  return answeredBy.startsWith('machine_') ? 'machine' : 'unknown';
}

/** Error codes of the create-call request that no other request will cure (protocol notes, section 3). */
const invalidTo = [21_211, 21_214, 21_217];
const refusedTo = [21_215, 21_216, 21_219, 21_202, 21_210, 21_212, 21_213, 13_227, 32_205];
/** Authentication failed, account not active, no permission for this account. */
const accountFaults = [20_003, 20_005, 20_006, 20_008, 10_001];

/**
 * What the answer to a create-call request means. Only a definite refusal is one: a 5xx, or a 2xx without a call id,
 * proves nothing, and a 429 was not processed (twilio.com/docs/api/errors/20429).
 */
export function dialResultOf(response: {
  status: number;
  retryAfterSeconds: number | null;
  body: unknown;
}): DialResult {
  const { status } = response;
  const fields = isRecord(response.body) ? response.body : {};
  const code = typeof fields['code'] === 'number' ? fields['code'] : null;
  if (status >= 200 && status < 300) {
    const sid = fields['sid'];
    return typeof sid === 'string' && /^CA[0-9a-f]{32}$/.test(sid)
      ? { kind: 'placed', carrierCallId: sid }
      : { kind: 'unknown', detail: 'Twilio accepted the call without naming it' };
  }
  if (status === 429) {
    const retryAfterMs = response.retryAfterSeconds === null ? {} : { retryAfterMs: response.retryAfterSeconds * 1000 };
    return { kind: 'not_placed', detail: 'Twilio asked us to slow down', ...retryAfterMs };
  }
  if (status === 401 || status === 402 || (code !== null && accountFaults.includes(code)))
    return { kind: 'account_fault', detail: describe('Twilio refused the account', code) };
  if (status >= 500 || status === 408 || status < 400) return { kind: 'unknown', detail: `Twilio answered ${status}` };
  if (code !== null && invalidTo.includes(code))
    return { kind: 'refused', outcome: 'invalid_number', detail: describe('Twilio does not know this number', code) };
  if (status === 403 || (code !== null && refusedTo.includes(code)))
    return { kind: 'refused', outcome: 'not_permitted', detail: describe('Twilio does not permit this call', code) };
  return { kind: 'refused', outcome: 'failed', detail: describe(`Twilio refused the call with ${status}`, code) };
}

function describe(what: string, code: number | null): string {
  return code === null ? what : `${what} (error ${code})`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
