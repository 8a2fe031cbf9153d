import type { Clock, Timer } from '../../clock.ts';
import { RingbackError } from '../../errors.ts';
import type { Llm, LlmMessage } from '../../llm/llm.ts';
import { Clauses } from '../clauses.ts';
import type { Speaker } from '../speaker.ts';
import { Speech, type SpeechSource } from '../speech.ts';
import { answerWithTools } from '../tool-loop.ts';
import type { ToolRunner } from '../tool-runner.ts';
import type { AgentTurnRecord, Transcript } from '../transcript.ts';
import { latencyOf, type TurnTiming } from '../turns/latency.ts';
import type { AgentTurn, AgentTurnEnd, AgentTurnEvents, Pipeline, Recital } from './pipeline.ts';

export interface CascadeOptions {
  readonly callId: string;
  readonly clock: Clock;
  readonly llm: Llm;
  readonly model: string | null;
  /** Everything the LLM is told: what was said before, and in this call so far. */
  readonly messages: () => readonly LlmMessage[];
  readonly tools: ToolRunner;
  readonly voice: SpeechSource;
  readonly speaker: Speaker;
  readonly transcript: Transcript;
  readonly isEnding: () => boolean;
}

/** When it is stored how much of a turn was heard while it is spoken: soon after it began, then from time to time. */
const FIRST_HEARD_MS = 500;
const HEARD_EVERY_MS = 2_000;

/** LLM to clauses to voice to speaker. */
export class Cascade implements Pipeline {
  readonly #options: CascadeOptions;

  constructor(options: CascadeOptions) {
    this.#options = options;
  }

  say(text: string, events: AgentTurnEvents): AgentTurn {
    return new SpokenTurn(this.#options, this.#options.voice, events, null, async (turn) => {
      turn.push(text);
      return true;
    });
  }

  play(recital: Recital, events: AgentTurnEvents): AgentTurn {
    return new SpokenTurn(this.#options, recital.source, events, null, async (turn) => {
      let said = false;
      await recital.clauses((text) => {
        said = true;
        turn.push(text);
      });
      return said;
    });
  }

  answer(request: { timing: TurnTiming | null; instruction?: string }, events: AgentTurnEvents): AgentTurn {
    const { callId, clock, llm, model, messages, tools, voice, isEnding } = this.#options;
    const { instruction } = request;
    return new SpokenTurn(this.#options, voice, events, request.timing, async (turn) => {
      let clauses = new Clauses();
      await answerWithTools({
        llm,
        model,
        callId,
        messages: () => (instruction === undefined ? messages() : instructed(messages(), instruction)),
        tools,
        isEnding,
        clock,
        signal: turn.signal,
        events: {
          onText(text) {
            turn.onFirstToken();
            for (const clause of clauses.push(text)) turn.push(clause);
          },
          onRoundEnd() {
            for (const clause of clauses.flush()) turn.push(clause);
            clauses = new Clauses();
            turn.endPart();
          },
        },
      });
      return turn.hasWords || isEnding();
    });
  }
}

/** With an instruction for this answer as the last word, where it is not that already. */
function instructed(messages: readonly LlmMessage[], instruction: string): readonly LlmMessage[] {
  const last = messages.at(-1);
  if (last?.role === 'system' && last.text === instruction) return messages;
  return [...messages, { role: 'system', text: instruction }];
}

/** Gives the words of a turn to `push` and `endPart`; resolves with whether it said or did anything. */
type Script = (turn: SpokenTurn) => Promise<boolean>;

class SpokenTurn implements AgentTurn {
  readonly #options: CascadeOptions;
  readonly #source: SpeechSource;
  readonly #events: AgentTurnEvents;
  readonly #timing: TurnTiming | null;
  readonly #over = Promise.withResolvers<AgentTurnEnd>();
  readonly #stop = new AbortController();
  /** The records of its parts; undefined for a part that was dropped unsaid. */
  readonly #records: (AgentTurnRecord | undefined)[] = [];
  readonly #texts: string[] = [];
  #part = 0;
  #speech: Speech | null = null;
  #isOver = false;
  #isSpeaking = false;
  #firstTokenMs: number | null = null;
  #firstByteMs: number | null = null;
  #progress: Timer | null = null;

  constructor(
    options: CascadeOptions,
    source: SpeechSource,
    events: AgentTurnEvents,
    timing: TurnTiming | null,
    script: Script,
  ) {
    this.#options = options;
    this.#source = source;
    this.#events = events;
    this.#timing = timing;
    void this.#run(script);
  }

  get over(): Promise<AgentTurnEnd> {
    return this.#over.promise;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whether there is anything to be heard. */
  get hasWords(): boolean {
    return this.#speech !== null;
  }

  onFirstToken(): void {
    this.#firstTokenMs ??= this.#options.clock.nowMs();
  }

  push(clause: string): void {
    if (this.#isOver) return;
    const record = (this.#records[this.#part] ??= this.#options.transcript.agent());
    const before = this.#texts[this.#part];
    const text = before === undefined ? clause : `${before} ${clause}`;
    this.#texts[this.#part] = text;
    record.text(text);
    try {
      this.#speech ??= this.#speak();
    } catch (error) {
      return this.#finish({ kind: 'voiceless', error });
    }
    this.#speech.push(clause, this.#part);
  }

  /** What follows is another turn of the agent: a tool stands between. */
  endPart(): void {
    if (this.#texts[this.#part] !== undefined) this.#part += 1;
  }

  interrupt(): void {
    this.#finish({ kind: 'interrupted' });
  }

  async #run(script: Script): Promise<void> {
    // In a turn of its own, so that whoever began this one knows it before it can be over.
    await Promise.resolve();
    let failure: { error: unknown } | null = null;
    try {
      if (this.#isOver) return;
      if (!(await script(this)))
        failure = { error: new RingbackError('vendor_failed', [this.#options.llm.name, 'nothing was said']) };
    } catch (error) {
      failure = { error };
    }
    if (this.#isOver) return;
    const end: AgentTurnEnd = failure === null ? { kind: 'heard' } : { kind: 'speechless', error: failure.error };
    if (this.#speech === null) return this.#finish(end);
    this.#whenHeard = end;
    this.#speech.finish();
  }

  /** How it ends once all of it has been heard. */
  #whenHeard: AgentTurnEnd = { kind: 'heard' };

  #speak(): Speech {
    const { speaker, clock } = this.#options;
    return new Speech({
      source: this.#source,
      speaker,
      clock,
      events: {
        onFirstByte: () => (this.#firstByteMs = clock.nowMs()),
        onPartBegun: (part) => this.#onPartBegun(part),
        onPartHeard: (part) => this.#records[part]?.close(this.#texts[part] ?? '', false),
        onHeard: () => this.#finish(this.#whenHeard),
        onFault: (error) => this.#finish({ kind: 'voiceless', error }),
      },
    });
  }

  #onPartBegun(part: number): void {
    if (this.#isOver || this.#isSpeaking) return;
    this.#isSpeaking = true;
    this.#keepHeard(FIRST_HEARD_MS);
    const firstAudioMs = this.#options.clock.nowMs();
    if (this.#timing !== null) {
      const firstByteMs = this.#firstByteMs ?? firstAudioMs;
      const firstTokenMs = this.#firstTokenMs ?? firstByteMs;
      this.#records[part]?.latency(latencyOf(this.#timing, { firstTokenMs, firstByteMs, firstAudioMs }));
    }
    this.#events.onSpeaking();
  }

  /** A process that dies loses what it knows of the turn that is being spoken: so much of it is stored on the way. */
  #keepHeard(afterMs: number): void {
    const { clock, speaker } = this.#options;
    this.#progress = clock.setTimer(afterMs, () => {
      const { heardMs } = speaker;
      for (const [part, record] of this.#records.entries()) record?.heard(this.#speech?.heardOf(part, heardMs) ?? '');
      this.#keepHeard(HEARD_EVERY_MS);
    });
  }

  /** Ends it once. Everything but a whole hearing cuts what still sounds, and keeps what was heard. */
  #finish(end: AgentTurnEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop.abort(new RingbackError('call_ended'));
    this.#progress?.cancel();
    this.#speech?.stop();
    const whole = end.kind === 'heard' || end.kind === 'speechless';
    const heardMs = whole || this.#speech === null ? Infinity : this.#options.speaker.cut();
    for (const [part, record] of this.#records.entries()) {
      const text = this.#texts[part] ?? '';
      const heard = this.#speech?.heardOf(part, heardMs) ?? '';
      record?.close(whole ? text : heard, heard !== text && !whole);
    }
    this.#over.resolve(end);
  }
}
