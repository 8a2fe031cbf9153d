import type { AdapterContext } from '../../adapter.ts';
import type { Llm, LlmEvent, LlmRequest } from '../llm.ts';
import { think } from './brain.ts';

/** As slow as a quick model, so that a person can interrupt it. */
const FIRST_WORD_MS = 60;
const WORD_MS = 20;

/** The demo brain behind the interface of a model: streams its words, calls tools, keeps nothing between answers. */
export function openDemoBrain(context: Pick<AdapterContext, 'clock'>): Llm {
  return {
    name: 'demo',
    models: ['demo'],
    answer: (request, { signal }) => answer(request, context, signal),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function* answer(
  request: LlmRequest,
  { clock }: Pick<AdapterContext, 'clock'>,
  signal: AbortSignal,
): AsyncGenerator<LlmEvent> {
  await clock.sleep(FIRST_WORD_MS, signal);
  const { text, call } = think(request);
  for (const [word] of text.matchAll(/\S+\s*/g)) {
    await clock.sleep(WORD_MS, signal);
    yield { type: 'text', text: word };
  }
  signal.throwIfAborted();
  if (call !== undefined) {
    // Unique in a conversation, which only grows, and the same for the same question.
    const id = `demo-${request.callId}-${request.messages.length}`;
    yield { type: 'tool_call', call: { id, name: call.name, arguments: JSON.stringify(call.arguments) } };
    signal.throwIfAborted();
  }
  yield { type: 'finish', reason: call === undefined ? 'stop' : 'tool_calls' };
}
