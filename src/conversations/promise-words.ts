import type { AgentSettings } from '../domain/agent.ts';
import type { Callback } from '../domain/callback.ts';
import { isOpen } from '../domain/callback-states.ts';
import { clock, lines } from './instructions.ts';

/**
 * What a promise means when the person rings first: its time, reason and a summary of the earlier call, and how to keep,
 * move or cancel it. Empty for one that is over.
 */
export function promiseNote(
  promise: Callback,
  told: { readonly agent: AgentSettings; readonly summary: string | null; readonly timeZone: string },
): string {
  const reason = `Reason: ${promise.reason}`;
  const summary = told.summary === null ? '' : `The earlier call in short: ${told.summary}`;
  if (promise.status === 'dialing')
    return lines(
      'A call back to this person is being dialled at this very moment; it can no longer be moved or cancelled.',
      reason,
      summary,
      'Ask whether they call about that.',
    );
  if (!isOpen(promise)) return '';
  const due = clock(promise.nextAttemptAt ?? promise.dueAt, told.timeZone);
  return lines(
    `This person has a callback open with you (callback_id ${promise.id}).`,
    `It is due ${due} (${told.timeZone}).`,
    promise.status === 'no_answer'
      ? 'You called them for it, and nobody answered; that is the time of the next try.'
      : '',
    reason,
    summary,
    'Ask whether they call about that, and what is to become of the call back.',
    ...waysOut(promise, told.agent),
  );
}

function waysOut({ status }: Callback, { tools }: AgentSettings): string[] {
  const move = tools['rescheduleCallback'] === true;
  return [
    move
      ? 'If they want it at another time, move it with reschedule_callback; if they want it to stay, call reschedule_callback with keep true.'
      : '',
    tools['cancelCallback'] === true ? 'If they no longer want it, cancel it with cancel_callback.' : '',
    status === 'no_answer'
      ? 'If it is neither moved nor kept, it ends with this call, since they have reached you.'
      : 'If they do not say, leave it as it is.',
  ];
}

const LATE_MS = 15 * 60_000;

/**
 * How to open a call that we promised. Asking for the person comes before the matter, whether or not we know a name.
 * `firstDial` is when it was first dialled since it was booked or moved: a retry on time does not make a late promise
 * punctual, and does not make a punctual one late.
 */
export function callbackInstruction(
  callback: Callback,
  at: { readonly firstDial: Temporal.Instant | undefined; readonly now: Temporal.Instant },
): string {
  const began = at.firstDial ?? at.now;
  const lateMs = began.epochMilliseconds - callback.dueAt.epochMilliseconds;
  const whom = callback.toName === null ? 'the person who asked for this call' : 'the person named';
  return lines(
    'You are calling this person back, as you promised.',
    `Reason: ${callback.reason}`,
    `Promised at: ${clock(callback.createdAt, callback.timeZone)} (${callback.timeZone})`,
    callback.toName === null ? '' : `Name: ${callback.toName}`,
    lateMs > LATE_MS
      ? `Late by: ${Math.round((at.now.epochMilliseconds - callback.dueAt.epochMilliseconds) / 60_000)} minutes`
      : '',
    `Greet them, say who calls and that you call back as promised, and ask whether you speak with ${whom}; mention the matter only once they have said so.`,
    'Then go on where you were. If you are late, say sorry for it in a few words. Do not repeat what they know already.',
  );
}
