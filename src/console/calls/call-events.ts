import type { AttemptWire } from '../../api/callbacks.ts';
import type { CallWire } from '../../api/calls.ts';
import { outcomeWords } from '../callbacks/words.ts';
import { clockDuration } from '../time/format.ts';
import { endWords, toolOutcome, toolWords } from './words.ts';

const DAY_MS = 86_400_000;

/** Something that happened to a call besides words. */
export interface CallEvent {
  /** ISO 8601. */
  readonly at: string;
  readonly words: string;
  readonly detail: string | null;
}

/** What happened, in order: the line, the interruptions, the tools, the end. `attempt`: the dial that it came from. */
export function callEvents(call: CallWire, attempt: AttemptWire | undefined): CallEvent[] {
  const events: (CallEvent | null)[] = [
    attempt === undefined
      ? null
      : { at: attempt.startedAt, words: 'Asked the carrier to call', detail: `Attempt ${attempt.number}` },
    {
      at: call.startedAt,
      words: call.direction === 'inbound' ? 'The call came in' : 'The carrier took it',
      detail: call.carrierCallId === null ? null : `Carrier's id ${call.carrierCallId}`,
    },
    call.answeredAt === null
      ? null
      : { at: call.answeredAt, words: call.direction === 'inbound' ? 'We answered' : 'They answered', detail: null },
    ...(call.transcript ?? []).flatMap((turn): CallEvent[] => {
      const at = turn.endedAt ?? turn.startedAt;
      if (turn.interrupted) return [{ at, words: 'The caller interrupted', detail: null }];
      if (turn.role !== 'tool') return [];
      const { state, sentence } = toolOutcome(turn.toolResult);
      return [{ at, words: `${toolWords(turn.toolName)}: ${state}`, detail: sentence }];
    }),
    attempt?.outcome == null || attempt.endedAt === null
      ? null
      : {
          at: attempt.endedAt,
          words: `The attempt ended: ${outcomeWords[attempt.outcome].toLowerCase()}`,
          detail: attempt.detail,
        },
    call.endedAt === null
      ? null
      : {
          at: call.endedAt,
          words: call.endReason === null ? 'The call ended' : endWords[call.endReason],
          detail: call.resumes === 0 ? null : `Its line was lost and opened again ${times(call.resumes)}`,
        },
    call.purgedAt === null
      ? null
      : { at: call.purgedAt, words: 'Its words and its recording were erased', detail: null },
  ];
  return events.filter((event) => event !== null).toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

/** Where in its call something happened, in minutes and seconds; whole days after a day: an erasure comes months later. */
export function offsetWords(ms: number): string {
  // What is less than a second before it shows no sign: there is no minus nought.
  if (ms <= -1000) return `−${clockDuration(-ms / 1000)}`;
  return ms < DAY_MS ? clockDuration(ms / 1000) : `+${Math.floor(ms / DAY_MS)} d`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
