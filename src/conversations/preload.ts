import type { Call, Turn } from '../domain/call.ts';
import { unknownResult } from '../domain/torn-call.ts';
import type { LlmMessage } from '../llm/llm.ts';
import type { ConversationDeps } from './deps.ts';

/** Calls that are given word for word; those before them as summaries. */
const VERBATIM_CALLS = 2;
const MOST_CALLS = 10;
/** About 3,000 tokens. The oldest words go first. */
const MOST_CHARACTERS = 12_000;

/**
 * What was said before in this conversation, oldest first, ready for the LLM: what was heard, not what was generated,
 * and tool calls with their results, so that a wish already booked is not booked again. Calls in which nobody spoke are
 * none of the last two; of one that does not fit, what is left out is given as its summary.
 */
export async function preload(
  deps: Pick<ConversationDeps, 'records'>,
  call: Call,
  timeZone: string,
): Promise<LlmMessage[]> {
  const calls = await deps.records.earlierCalls(call.conversationId, call, MOST_CALLS);
  const verbatim: LlmMessage[][] = [];
  let left = MOST_CHARACTERS;
  for (const earlier of calls.slice(0, VERBATIM_CALLS)) {
    const spoken = turnMessages(earlier.id, await deps.records.turns(earlier.id));
    const kept = newest(spoken, left);
    left -= lengthOf(kept);
    const head = kept.length < spoken.length ? summarised(earlier, timeZone) : heading(earlier, timeZone);
    verbatim.unshift([{ role: 'system', text: head }, ...kept]);
  }
  const summaries = calls
    .slice(VERBATIM_CALLS)
    .filter((earlier) => earlier.summary !== null)
    .map((earlier): LlmMessage => ({ role: 'system', text: summarised(earlier, timeZone) }));
  return [...summaries.toReversed(), ...verbatim.flat()];
}

/** The summary of the newest earlier call that has one. */
export async function lastSummary(deps: Pick<ConversationDeps, 'records'>, call: Call): Promise<string | null> {
  const calls = await deps.records.earlierCalls(call.conversationId, call, VERBATIM_CALLS);
  return calls.find((earlier) => earlier.summary !== null)?.summary ?? null;
}

/** Turns as the LLM's messages; what an agent said and nobody heard is left out. */
export function turnMessages(callId: string, turns: readonly Turn[]): LlmMessage[] {
  return turns.flatMap((turn): LlmMessage[] => {
    if (turn.role === 'caller') return [{ role: 'user', text: turn.text }];
    if (turn.role === 'agent') {
      const heard = turn.heardText ?? '';
      return heard === '' ? [] : [{ role: 'assistant', text: heard }];
    }
    const id = `${callId}:${turn.index}`;
    const name = turn.toolName ?? 'unknown';
    return [
      { role: 'assistant', text: '', toolCalls: [{ id, name, arguments: JSON.stringify(turn.toolArguments ?? {}) }] },
      { role: 'tool', toolCallId: id, name, result: JSON.stringify(turn.toolResult ?? unknownResult) },
    ];
  });
}

/** The newest messages that fit; never a tool's result without its call. */
function newest(messages: readonly LlmMessage[], characters: number): LlmMessage[] {
  let from = messages.length;
  let used = 0;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message === undefined) break;
    used += lengthOf([message]);
    if (used > characters) break;
    if (message.role !== 'tool') from = index;
  }
  return messages.slice(from);
}

function lengthOf(messages: readonly LlmMessage[]): number {
  return messages.reduce((sum, message) => {
    if (message.role === 'tool') return sum + message.result.length;
    const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
    return sum + message.text.length + calls.reduce((all, one) => all + one.arguments.length, 0);
  }, 0);
}

function summarised(call: Call, timeZone: string): string {
  return call.summary === null ? heading(call, timeZone) : `${heading(call, timeZone)} Summary: ${call.summary}`;
}

function heading(call: Call, timeZone: string): string {
  const at = (call.endedAt ?? call.startedAt).toZonedDateTimeISO(timeZone);
  const when = `${at.toPlainDate().toString()} ${at.toPlainTime().toString({ smallestUnit: 'minute' })}`;
  return call.direction === 'inbound'
    ? `Earlier in this conversation they called; that call ended ${when}.`
    : `Earlier in this conversation we called them; that call ended ${when}.`;
}
