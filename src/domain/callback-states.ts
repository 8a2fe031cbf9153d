import type { Callback, CallbackEvent, CallbackStatus } from './callback.ts';

/** What decides where a callback may go: No answer is final once no retry is planned. */
export interface CallbackState {
  readonly status: CallbackStatus;
  readonly retryPlanned: boolean;
}

type Row = Partial<Record<CallbackEvent, CallbackStatus | 'waiting'>>;

/**
 * What may happen to a Callback, and what it becomes. A pair that is not listed is refused.
 *
 * `release` gives back what it was before the claim (`waiting`): nothing was placed. `supersede` ends a dial without
 * a conversation when a newer promise exists. `refuse` is a last look that ends it for good: what was dialled before
 * stays a No answer, and is final. `reject` of a No answer: its time ran out, or the last look ended it, and none of its
 * attempts had reached a telephone.
 */
const transitions: Readonly<Record<CallbackStatus, Row>> = {
  scheduled: { claim: 'dialing', move: 'scheduled', cancel: 'cancelled', expire: 'failed', refuse: 'failed' },
  dialing: { converse: 'completed', miss: 'no_answer', reject: 'failed', release: 'waiting', supersede: 'cancelled' },
  no_answer: {
    claim: 'dialing',
    move: 'scheduled',
    cancel: 'cancelled',
    expire: 'no_answer',
    refuse: 'no_answer',
    reject: 'failed',
  },
  completed: {},
  failed: {},
  cancelled: {},
};

/** The status after `event`; `waiting` is what it was before the claim; undefined where it may not happen. */
export function nextStatus(state: CallbackState, event: CallbackEvent): CallbackStatus | 'waiting' | undefined {
  if (state.status === 'no_answer' && !state.retryPlanned) return undefined;
  return transitions[state.status][event];
}

/** Every pair that may happen. Exported for the drawing of the states, which a test compares with it. */
export function callbackTransitions(): {
  from: CallbackStatus;
  event: CallbackEvent;
  to: CallbackStatus | 'waiting';
}[] {
  return Object.entries(transitions).flatMap(([from, row]) =>
    Object.entries(row).map(([event, to]) => ({ from: from as CallbackStatus, event: event as CallbackEvent, to })),
  );
}

type Standing = Pick<Callback, 'status' | 'nextAttemptAt'>;

export function stateOf(callback: Standing): CallbackState {
  return { status: callback.status, retryPlanned: callback.nextAttemptAt !== null };
}

/** An open promise: waiting for its time, or for a retry. One that is being dialled does not count. */
export function isOpen(callback: Standing): boolean {
  return nextStatus(stateOf(callback), 'claim') !== undefined;
}

export function canCancel(callback: Standing): boolean {
  return nextStatus(stateOf(callback), 'cancel') !== undefined;
}

export function canMove(callback: Standing): boolean {
  return nextStatus(stateOf(callback), 'move') !== undefined;
}

export function canDialNow(callback: Standing): boolean {
  return isOpen(callback);
}

/** The status in the words of an error sentence. */
export function describeStatus(callback: Standing): string {
  const words: Record<CallbackStatus, string> = {
    scheduled: 'scheduled',
    dialing: 'being dialled',
    completed: 'completed',
    no_answer: 'finally unanswered',
    failed: 'failed',
    cancelled: 'cancelled',
  };
  return callback.status === 'no_answer' && callback.nextAttemptAt !== null
    ? 'waiting for its retry'
    : words[callback.status];
}
