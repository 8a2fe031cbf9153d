import type { Clock } from '../../src/clock.ts';
import { RingbackError } from '../../src/errors.ts';
import type { Llm, LlmEvent, LlmRequest } from '../../src/llm/llm.ts';

export type LlmStep =
  | { readonly text: string }
  | { readonly tool: string; readonly args?: string }
  | { readonly waitMs: number }
  | { readonly fail: Error }
  /** Never goes on, and does not even hear the abort. */
  | { readonly hang: true };

/** An LLM that answers as it was told: one list of steps for each request, in order; then with "Fine.". */
export class ScriptedLlm implements Llm {
  readonly name = 'scripted';
  readonly models = ['scripted-1'];
  readonly requests: LlmRequest[] = [];
  readonly #clock: Clock;
  readonly #script: (readonly LlmStep[])[];
  running = 0;
  aborted = 0;
  disposed = false;

  constructor(clock: Clock, answers: readonly (readonly LlmStep[])[] = []) {
    this.#clock = clock;
    this.#script = [...answers];
  }

  answers(...steps: LlmStep[]): this {
    this.#script.push(steps);
    return this;
  }

  async *answer(request: LlmRequest, { signal }: { signal: AbortSignal }): AsyncGenerator<LlmEvent> {
    this.requests.push(request);
    const steps = this.#script.shift() ?? [{ text: 'Fine.' }];
    this.running += 1;
    signal.addEventListener('abort', () => (this.aborted += 1), { once: true });
    let tools = 0;
    try {
      for (const step of steps) {
        signal.throwIfAborted();
        if ('hang' in step) await new Promise(() => undefined);
        if ('waitMs' in step) await this.#clock.sleep(step.waitMs, signal);
        if ('fail' in step) throw step.fail;
        if ('text' in step) yield { type: 'text', text: step.text };
        if ('tool' in step) {
          tools += 1;
          yield { type: 'tool_call', call: { id: `vendor-${tools}`, name: step.tool, arguments: step.args ?? '{}' } };
        }
      }
      yield { type: 'finish', reason: tools > 0 ? 'tool_calls' : 'stop' };
    } finally {
      this.running -= 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
  }
}

export function vendorFailure(): Error {
  return new RingbackError('vendor_failed', ['scripted', 'as it was told']);
}
