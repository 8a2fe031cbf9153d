import type { Turn } from '../domain/call.ts';
import type { LlmMessage } from '../llm/llm.ts';

/** What the LLM is told where the caller cut in. */
const CUT = ' [interrupted by the caller]';
/** Of a tool's result the LLM gets this many characters. */
const MOST_RESULT_CHARACTERS = 8_000;

/**
 * The turns of this session as the LLM gets them: of what the agent said only what was heard, so that it never believes
 * to have told what nobody heard; tool calls with their results, whatever became of the words around them.
 */
export function historyOf(callId: string, turns: readonly Turn[]): LlmMessage[] {
  return turns.flatMap((turn): LlmMessage[] => {
    if (turn.role === 'caller') return [{ role: 'user', text: turn.text }];
    if (turn.role === 'agent') return agentMessages(turn);
    const id = `${callId}:${turn.index}`;
    const name = turn.toolName ?? 'unknown';
    const result = JSON.stringify(turn.toolResult ?? null).slice(0, MOST_RESULT_CHARACTERS);
    return [
      { role: 'assistant', text: '', toolCalls: [{ id, name, arguments: JSON.stringify(turn.toolArguments ?? {}) }] },
      { role: 'tool', toolCallId: id, name, result },
    ];
  });
}

function agentMessages(turn: Turn): LlmMessage[] {
  const text = turn.interrupted ? (turn.heardText ?? '') : turn.text;
  if (text === '') return [];
  return [{ role: 'assistant', text: turn.interrupted ? text + CUT : text }];
}
