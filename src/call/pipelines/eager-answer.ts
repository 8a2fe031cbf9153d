import type { MonotonicClock } from '../../clock.ts';
import { RingbackError } from '../../errors.ts';
import type { Llm, LlmEvent, LlmRequest } from '../../llm/llm.ts';
import { streamAnswer } from '../llm-stream.ts';

export interface EagerAnswerOptions {
  readonly llm: Llm;
  readonly clock: MonotonicClock;
  /** Aborted with the call. */
  readonly signal: AbortSignal;
}

/** So many answers are begun for nothing before a turn has to end without one. */
const MOST_IN_VAIN = 3;

/**
 * The answer to a turn that seems to be over, begun before it is certain. Only the model works: nothing is said, nothing
 * is stored, and a tool that it calls waits, until somebody takes the answer for exactly the same request. One at a time.
 */
export class EagerAnswer {
  readonly #options: EagerAnswerOptions;
  #begun: Begun | null = null;
  #inVain = 0;

  constructor(options: EagerAnswerOptions) {
    this.#options = options;
  }

  /** Begins one, in the place of another; none where too many came to nothing since the last that was taken. */
  begin(request: LlmRequest): void {
    const { llm, clock, signal } = this.#options;
    if (this.#begun?.isFor(request) === true) return;
    this.drop();
    if (this.#inVain >= MOST_IN_VAIN || signal.aborted) return;
    this.#begun = new Begun(llm, request, { clock, signal });
  }

  /** They go on speaking. */
  drop(): void {
    if (this.#begun === null) return;
    this.#inVain += 1;
    this.#begun.stop(new RingbackError('call_ended'));
    this.#begun = null;
  }

  /**
   * The turn is over, and this is asked: what was begun for the very same, from its first word; null where nothing was, or
   * it has failed without one. What was begun for anything else is dropped. Aborted with `signal`.
   */
  take(request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmEvent> | null {
    const begun = this.#begun;
    if (begun?.isFor(request) !== true || begun.hasFailed) {
      this.drop();
      this.#inVain = 0;
      return null;
    }
    this.#begun = null;
    this.#inVain = 0;
    return begun.events(signal);
  }
}

class Begun {
  readonly #key: string;
  readonly #stop = new AbortController();
  /** Bounded by the stream, which ends an answer that never ends. */
  readonly #events: LlmEvent[] = [];
  #end: { readonly error: unknown } | 'whole' | null = null;
  #news = Promise.withResolvers<void>();

  constructor(llm: Llm, request: LlmRequest, { clock, signal }: { clock: MonotonicClock; signal: AbortSignal }) {
    this.#key = keyOf(request);
    const onAbort = (): void => this.stop(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    void this.#read(streamAnswer(llm, request, { clock, signal: this.#stop.signal })).finally(() =>
      signal.removeEventListener('abort', onAbort),
    );
  }

  /** It came to an error before its first word: asking anew may help. */
  get hasFailed(): boolean {
    return this.#end !== null && this.#end !== 'whole' && this.#events.length === 0;
  }

  isFor(request: LlmRequest): boolean {
    return keyOf(request) === this.#key;
  }

  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  async *events(signal: AbortSignal): AsyncGenerator<LlmEvent> {
    const onAbort = (): void => this.stop(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      for (let next = 0; ;) {
        const event = this.#events[next];
        if (event !== undefined) {
          next += 1;
          yield event;
        } else if (this.#end === null) await this.#news.promise;
        else if (this.#end === 'whole') return;
        else throw this.#end.error;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.stop(new RingbackError('call_ended'));
    }
  }

  async #read(stream: AsyncIterable<LlmEvent>): Promise<void> {
    try {
      for await (const event of stream) {
        this.#events.push(event);
        this.#tell();
      }
      this.#end = 'whole';
    } catch (error) {
      this.#end = { error };
    }
    this.#tell();
  }

  #tell(): void {
    const told = this.#news;
    this.#news = Promise.withResolvers<void>();
    told.resolve();
  }
}

/** Compared once or twice a turn: the same words in the same order, and the same tools. */
function keyOf(request: LlmRequest): string {
  return JSON.stringify(request);
}
