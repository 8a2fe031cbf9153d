import type { MonotonicClock } from '../clock.ts';
import { isRingbackError, RingbackError } from '../errors.ts';
import type { Llm, LlmEvent, LlmRequest } from '../llm/llm.ts';

/** How long the LLM may think before its first word, and pause between two. */
export const FIRST_TOKEN_MS = 8_000;
export const NEXT_TOKEN_MS = 4_000;
const MOST_EVENTS = 20_000;

/**
 * One answer of an LLM that can't hang. An error before the first event is tried once more where that may help; a stall is
 * not, because the caller has waited long enough, and neither is a refusal or a fault of ours. Throws what the LLM threw, `vendor_deadline`, or `signal.reason`.
 */
export async function* streamAnswer(
  llm: Llm,
  request: LlmRequest,
  options: { clock: MonotonicClock; signal: AbortSignal },
): AsyncGenerator<LlmEvent> {
  for (let attempt = 1; ; attempt += 1) {
    let any = false;
    try {
      for await (const event of oneAnswer(llm, request, options)) {
        any = true;
        yield event;
      }
      return;
    } catch (error) {
      if (any || attempt > 1 || options.signal.aborted || !mayHelpToAskAgain(error)) throw error;
    }
  }
}

function mayHelpToAskAgain(error: unknown): boolean {
  return isRingbackError(error) && error.retryable && error.code !== 'vendor_deadline';
}

async function* oneAnswer(
  llm: Llm,
  request: LlmRequest,
  { clock, signal }: { clock: MonotonicClock; signal: AbortSignal },
): AsyncGenerator<LlmEvent> {
  const stop = new AbortController();
  // The LLM is asked to stop, and not waited for: a vendor that ignores it must not hold the call.
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  const onAbort = (): void => stop.abort(signal.reason);
  stop.signal.addEventListener('abort', () => stopped.reject(stop.signal.reason), { once: true });
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  let iterator: AsyncIterator<LlmEvent> | undefined;
  try {
    stop.signal.throwIfAborted();
    iterator = llm.answer(request, { signal: stop.signal })[Symbol.asyncIterator]();
    for (let events = 0; events < MOST_EVENTS; events += 1) {
      const withinMs = events === 0 ? FIRST_TOKEN_MS : NEXT_TOKEN_MS;
      const late = (): void => stop.abort(new RingbackError('vendor_deadline', [llm.name, withinMs]));
      const timer = clock.setTimer(withinMs, late);
      const next = iterator.next();
      // When the race is lost nobody else would hear of its failure.
      next.catch(() => undefined);
      const result = await Promise.race([next, stopped.promise]).finally(() => timer.cancel());
      if (result.done === true) return;
      yield result.value;
      if (result.value.type === 'finish') return;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    stop.abort(new RingbackError('call_ended'));
    iterator?.return?.().then(undefined, () => undefined);
  }
}
