import type { CallWire, TurnWire } from '../../api/calls.ts';
import { wallTime } from '../time/format.ts';

/* What calls are called in front of people. */

export const statusWords: Record<CallWire['status'], string> = {
  queued: 'Queued',
  ringing: 'Ringing',
  in_progress: 'In progress',
  completed: 'Completed',
  no_answer: 'No answer',
  busy: 'Busy',
  failed: 'Failed',
};

export const endWords: Record<NonNullable<CallWire['endReason']>, string> = {
  caller_hung_up: 'They hung up',
  agent_ended: 'The agent said goodbye',
  max_duration: 'The longest duration was reached',
  silence: 'They stayed silent',
  operator: 'An operator ended it',
  machine: 'A machine answered',
  error: 'Something broke',
  drained: 'The gateway was stopped',
};

export function isLive(call: Pick<CallWire, 'status'>): boolean {
  return call.status === 'queued' || call.status === 'ringing' || call.status === 'in_progress';
}

/** Whom the agent talks to: the caller, or whom we called. */
export function otherSide(call: Pick<CallWire, 'direction' | 'from' | 'to'>): string | null {
  return call.direction === 'inbound' ? call.from : call.to;
}

/** Seconds from the answer to the end, or to now while it goes on; null where nobody answered. */
export function talkSeconds(call: Pick<CallWire, 'answeredAt' | 'endedAt'>, nowMs: number): number | null {
  if (call.answeredAt === null) return null;
  const endMs = call.endedAt === null ? nowMs : Date.parse(call.endedAt);
  return Math.max(0, (endMs - Date.parse(call.answeredAt)) / 1000);
}

/** What of an agent's turn reached the listener's ear, and what was made but not heard. */
export function heardParts(turn: Pick<TurnWire, 'role' | 'text' | 'heardText' | 'endedAt'>): {
  heard: string;
  unheard: string;
} {
  if (turn.role !== 'agent' || turn.heardText === null || turn.endedAt === null)
    return { heard: turn.text, unheard: '' };
  const { heardText, text } = turn;
  if (text.startsWith(heardText)) return { heard: heardText, unheard: text.slice(heardText.length).trim() };
  return heardText.trim() === text.trim() ? { heard: text, unheard: '' } : { heard: heardText, unheard: text };
}

/** What a caller pressed on their keypad, where a turn is that and not words. */
export function pressedKeys(turn: Pick<TurnWire, 'role' | 'text'>): string | null {
  return turn.role === 'caller' ? (/^\[keypad\] ([0-9A-D*#]+)$/.exec(turn.text)?.[1] ?? null) : null;
}

/** "Schedule callback" of "schedule_callback". */
export function toolWords(name: string | null): string {
  const words = (name ?? 'a tool').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether a tool did what it was asked; why not, or for which local time it booked. */
export function toolOutcome(result: unknown): { state: 'running' | 'done' | 'refused'; sentence: string | null } {
  if (result === null || result === undefined) return { state: 'running', sentence: null };
  if (typeof result !== 'object') return { state: 'done', sentence: null };
  if ('ok' in result && result.ok === false)
    return { state: 'refused', sentence: 'error' in result && typeof result.error === 'string' ? result.error : null };
  // What it wants said is not repeated here: the agent says it.
  const time = 'local_time' in result && typeof result.local_time === 'string' ? result.local_time : null;
  const zone = 'time_zone' in result && typeof result.time_zone === 'string' ? `, ${result.time_zone}` : '';
  return { state: 'done', sentence: time === null ? null : `For ${wallTime(time)}${zone}` };
}
