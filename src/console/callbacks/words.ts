import type { AttemptWire, CallbackWire } from '../../api/callbacks.ts';
import { exactTime } from '../time/format.ts';

/* What a callback's state is called in front of people. */

export const statusWords: Record<CallbackWire['status'], string> = {
  scheduled: 'Scheduled',
  dialing: 'Dialing',
  completed: 'Completed',
  no_answer: 'No answer',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const phaseWords: Record<NonNullable<CallbackWire['phase']>, string> = {
  checking: 'Checking',
  queued: 'Queued',
  ringing: 'Ringing',
  on_call: 'On the call',
};

export const outcomeWords: Record<NonNullable<AttemptWire['outcome']>, string> = {
  completed: 'They talked',
  no_answer: 'Nobody picked up',
  busy: 'The line was busy',
  rejected: 'The call was declined',
  machine: 'A machine answered',
  invalid_number: 'The number is not valid',
  not_permitted: 'The carrier does not permit this call',
  account_fault: 'The carrier account has a fault',
  not_placed: 'The call was not placed',
  lost: 'There was no such call',
  failed: 'The call failed',
  blocked: 'Not dialled: a rule forbids it',
};

export const attemptStatusWords: Record<AttemptWire['status'], string> = {
  sending: 'Being sent to the carrier',
  unknown: 'Checking whether the carrier placed it',
  placed: 'Placed',
  ringing: 'Ringing',
  answered: 'On the call',
  ended: 'Ended',
};

const cancellers: Record<string, string> = {
  operator: 'by an operator',
  api: 'through the API',
  caller: 'by the caller',
  caller_returned: 'the caller rang first',
  superseded: 'a newer promise took its place',
  do_not_call: 'the number is not to be called',
  agent_policy: "by the agent's policy",
};

/** Whether a dial is still to come that a person may stop. */
export function isCancellable(callback: CallbackWire): boolean {
  return callback.status === 'scheduled' || (callback.status === 'no_answer' && callback.nextAttemptAt !== null);
}

/** Whether something is still to come. */
export function isOpen(callback: CallbackWire): boolean {
  return callback.status === 'dialing' || isCancellable(callback);
}

/** When it is due: the next planned dial, or for what is over the time that was promised. */
export function dueTime(callback: CallbackWire): string {
  return callback.nextAttemptAt ?? callback.dueAt;
}

/** "2 of 3, next 10:45", "2 of 3, final", "0 of 3". */
export function attemptsLine(callback: CallbackWire, nowMs: number, zone: string): string {
  const count = `${callback.attemptsMade} of ${callback.maxAttempts}`;
  if (callback.status !== 'no_answer') return count;
  return callback.nextAttemptAt === null
    ? `${count}, final`
    : `${count}, next ${exactTime(Date.parse(callback.nextAttemptAt), nowMs, zone)}`;
}

/** What stands below the status; null where the word alone says it. */
export function statusDetail(callback: CallbackWire): string | null {
  if (callback.status === 'failed') return callback.failureReason;
  if (callback.status === 'cancelled')
    return callback.cancelledBy === null ? null : (cancellers[callback.cancelledBy] ?? callback.cancelledBy);
  return null;
}
