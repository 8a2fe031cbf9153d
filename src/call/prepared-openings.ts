import type { AudioFormat } from '../../media/audio-format.ts';
import type { Clock, Timer } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Clauses } from './clauses.ts';
import { streamAnswer } from './llm-stream.ts';
import type { CallBriefing, Vendors } from './ports.ts';
import { Tape } from './tape.ts';
import { Voice } from './voice.ts';

/** The opening of our own dial, made before anybody answers. Whoever holds it disposes it. */
export interface PreparedOpening extends Disposable {
  readonly notice: Tape | null;
  /** Resolves with its first clause; null where the LLM or the voice failed, or said nothing. */
  readonly words: Promise<Tape | null>;
}

export interface OpeningOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly vendors: Vendors;
}

/** Openings that wait for an answer; past it no more are prepared, which only costs the callee a moment. */
const MOST_PREPARED = 100;

/** The openings that were prepared and are not taken yet. Whoever opens it closes it. */
export class PreparedOpenings implements Disposable {
  readonly #options: OpeningOptions;
  readonly #waiting = new Map<string, { opening: PreparedOpening; timer: Timer }>();

  constructor(options: OpeningOptions) {
    this.#options = options;
  }

  /** Begins to prepare; what is not taken within `ttlMs` is dropped. Never throws. */
  prepare(briefing: CallBriefing, format: AudioFormat | null, ttlMs: number): void {
    const { id } = briefing.call;
    if (this.#waiting.has(id) || this.#waiting.size >= MOST_PREPARED) return;
    const opening = prepareOpening(this.#options, briefing, format);
    if (opening === null) return;
    this.#waiting.set(id, { opening, timer: this.#options.clock.setTimer(ttlMs, () => this.drop(id)) });
  }

  /** Hands one over, and with it the duty to dispose it. */
  take(callId: string): PreparedOpening | null {
    const found = this.#waiting.get(callId);
    if (found === undefined) return null;
    this.#waiting.delete(callId);
    found.timer.cancel();
    return found.opening;
  }

  drop(callId: string): void {
    this.take(callId)?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    for (const callId of this.#waiting.keys()) this.drop(callId);
  }
}

/**
 * Lets the LLM and the voice make the opening. Without tools: nobody has answered yet. `format` is the call's, null
 * while it is not known; then it is the voice's own. Null where there is nothing to prepare, or it can't be.
 */
export function prepareOpening(
  { clock, log, vendors }: OpeningOptions,
  { call, agent, messages, opening }: CallBriefing,
  format: AudioFormat | null,
): PreparedOpening | null {
  if (opening.kind !== 'callback') return null;
  const stop = new AbortController();
  const words = Promise.withResolvers<Tape | null>();
  const tapes: Tape[] = [];
  let voice: Voice;
  let notice: Tape | null = null;
  try {
    const { tts, voice: name } = vendors.tts(agent.voice);
    const own = format ?? tts.capabilities.formats[0];
    if (own === undefined) return null;
    voice = new Voice({ tts, voice: name, language: agent.language, format: own, signal: stop.signal });
    if (opening.notice !== null) {
      notice = tapeOf(voice);
      notice.push(opening.notice);
      notice.finish();
    }
  } catch {
    log.warn({ callId: call.id }, 'an opening could not be prepared');
    return null;
  }
  const { llm, model } = vendors.llm(agent.llm);
  const request = {
    model,
    messages: [...messages, { role: 'system', text: opening.instruction } as const],
    tools: [],
    callId: call.id,
  };

  function tapeOf(from: Voice): Tape {
    const tape = new Tape(from.format, (events) => from.utter(events));
    tapes.push(tape);
    return tape;
  }

  async function make(): Promise<void> {
    const clauses = new Clauses();
    let tape: Tape | undefined;
    const say = (clause: string): void => {
      tape ??= tapeOf(voice);
      tape.push(clause);
      words.resolve(tape);
    };
    try {
      for await (const event of streamAnswer(llm, request, { clock, signal: stop.signal })) {
        if (event.type === 'text') for (const clause of clauses.push(event.text)) say(clause);
      }
      for (const clause of clauses.flush()) say(clause);
    } catch (error) {
      // What was said so far is an opening as well; without any the call makes its own.
      if (!stop.signal.aborted)
        log.warn(
          { callId: call.id, fault: error instanceof Error ? error.name : 'unknown' },
          'an opening was cut short',
        );
    } finally {
      tape?.finish();
      words.resolve(null);
    }
  }
  // It ends by its own deadlines, or when it is disposed; a voice that throws leaves no words.
  make().catch(() => words.resolve(null));

  return {
    notice,
    words: words.promise,
    [Symbol.dispose]() {
      stop.abort(new RingbackError('call_ended'));
      for (const tape of tapes) tape.cancel();
      voice[Symbol.dispose]();
    },
  };
}
