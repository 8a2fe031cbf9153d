import type { Turn } from './call.ts';

/** A call whose stream is opened again, as its stored turns tell it. */
export interface TornCall {
  /** What is over: the turns before the first tool call whose end nobody knows, or all of them. */
  readonly over: readonly Turn[];
  /** That tool call, and what was said after it. */
  readonly open: readonly Turn[];
  /** The turn of theirs that was being answered when `open` began, and how many tools had been called for it. */
  readonly answering: { readonly turnIndex: number; readonly toolCalls: number };
}

/**
 * What a tool call came to whose process died over it and that is not run again: an answer that a model can act on, and
 * no claim in either direction.
 */
export const unknownResult = {
  ok: false,
  error: 'The line broke, and it is not known whether this was done. Find out before you do it again.',
} as const;

/**
 * Where a call goes on whose process may have died in the middle of anything. A tool call is counted by the turn that it
 * answers, as it was when it was made, so that it gets the same key again.
 */
export function tornCall(turns: readonly Turn[]): TornCall {
  const torn = turns.findIndex((turn) => turn.role === 'tool' && turn.endedAt === null);
  const over = torn < 0 ? turns : turns.slice(0, torn);
  const asked = over.findLastIndex((turn) => turn.role === 'caller');
  return {
    over,
    open: torn < 0 ? [] : turns.slice(torn),
    answering: {
      turnIndex: over[asked]?.index ?? 0,
      toolCalls: over.slice(asked + 1).filter((turn) => turn.role === 'tool').length,
    },
  };
}
