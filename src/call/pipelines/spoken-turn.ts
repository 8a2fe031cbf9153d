import { heardText, resumeMs, type SpokenSegment } from '../../../media/playout.ts';
import type { Clock, Timer } from '../../clock.ts';
import { RingbackError } from '../../errors.ts';
import type { Phrases } from '../phrases.ts';
import type { Speaker } from '../speaker.ts';
import { Speech, type SpeechSource } from '../speech.ts';
import type { AgentTurnRecord, Transcript } from '../transcript.ts';
import type { SpokenSoFar } from '../turns/barge-in/barge-in.ts';
import { latencyOf, type TurnTiming } from '../turns/latency.ts';
import { isHeardOut } from '../turns/read-back.ts';
import { Filler } from './filler.ts';
import type { HeardWords } from './heard-words.ts';
import type { AgentTurn, AgentTurnEnd, AgentTurnEvents } from './pipeline.ts';

export interface SpokenTurnOptions {
  readonly clock: Clock;
  readonly speaker: Speaker;
  readonly transcript: Transcript;
  readonly heardWords: HeardWords;
  readonly source: SpeechSource;
  /** Without any audio for so long the source counts as failed; see `SpeechOptions`. */
  readonly stallMs?: () => number;
  readonly phrases: Phrases;
  readonly events: AgentTurnEvents;
  /** The caller's turn that it answers. */
  readonly timing: TurnTiming | null;
  /** Said while it keeps them waiting; none for words that are there. */
  readonly fillers: readonly string[];
  /** Who may be at fault where nothing is said. */
  readonly vendor: string;
  readonly script: Script;
}

/** Gives the words of a turn to `push` and `endPart`; resolves with whether it said or did anything. */
export type Script = (turn: SpokenTurn) => Promise<boolean>;

/** When it is stored how much of a turn was heard while it is spoken: soon after it began, then from time to time. */
const FIRST_HEARD_MS = 500;
const HEARD_EVERY_MS = 1_000;
/** A word is gone back to for at most this long. */
const LONGEST_WORD_MS = 1_000;
/** No part of the turn that is kept: words between its own. */
const FILLER_PART = -1;

/** One turn of the agent whose words come as text: from a script to a voice to the speaker. */
export class SpokenTurn implements AgentTurn {
  readonly #options: SpokenTurnOptions;
  readonly #over = Promise.withResolvers<AgentTurnEnd>();
  readonly #stop = new AbortController();
  readonly #filler: Filler;
  /** The records of its parts; undefined for a part that was dropped unsaid. */
  readonly #records: (AgentTurnRecord | undefined)[] = [];
  readonly #texts: string[] = [];
  #part = 0;
  #speech: Speech | null = null;
  #isOver = false;
  #isSpeaking = false;
  #isAnswered = false;
  #isMeasured = false;
  /** When the first sound of it played, be it only for them to wait. */
  #heardFirstMs: number | null = null;
  #firstTokenMs: number | null = null;
  #firstByteMs: number | null = null;
  #progress: Timer | null = null;

  constructor(options: SpokenTurnOptions) {
    this.#options = options;
    const { clock, speaker, source, fillers, phrases, timing } = options;
    this.#filler = new Filler({
      clock,
      speaker,
      source,
      sentences: fillers,
      phrases,
      sinceMs: timing?.silentMs ?? clock.nowMs(),
      isWhole: () => this.#speech?.isWhole === true,
      sayWithin: (sentence) => {
        if (this.#speech === null) return false;
        if (this.#speech.owesAudio) return 'late';
        this.#speech.push(sentence, FILLER_PART);
        return true;
      },
      onSpeaking: () => this.#speaking(),
      onAudible: (playsAtMs) => (this.#heardFirstMs ??= playsAtMs),
    });
    void this.#run(options.script);
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

  get spoken(): SpokenSoFar {
    const { speaker, transcript } = this.#options;
    const { heardMs } = speaker;
    const sounding = this.#speech?.segments.find(
      ({ startMs, endMs }) => startMs !== null && startMs <= heardMs && (endMs === null || heardMs < endMs),
    );
    return {
      heard: heardText(this.#segments, heardMs),
      said: heardText(this.#segments, speaker.sentMs),
      leftMs: this.#speech?.isWhole === true ? speaker.writtenMs - heardMs : Infinity,
      readBack: sounding !== undefined && isHeardOut(sounding.text, transcript.turns) ? sounding.text : null,
    };
  }

  onFirstToken(): void {
    this.#firstTokenMs ??= this.#options.clock.nowMs();
  }

  push(clause: string): void {
    if (this.#isOver) return;
    this.#filler.answered();
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

  pause(): void {
    if (!this.#isOver) this.#options.speaker.pause();
  }

  resume(): void {
    if (this.#isOver) return;
    const { speaker } = this.#options;
    speaker.resume(resumeMs(this.#segments, speaker.heardMs, LONGEST_WORD_MS));
  }

  /** In the order in which they sound; words whose audio has not come are the last. */
  get #segments(): readonly SpokenSegment[] {
    const all = [...this.#filler.segments, ...(this.#speech?.segments ?? [])];
    return all.toSorted((a, b) => (a.startMs ?? Infinity) - (b.startMs ?? Infinity) || 0);
  }

  async #run(script: Script): Promise<void> {
    // In a turn of its own, so that whoever began this one knows it before it can be over.
    await Promise.resolve();
    let failure: { error: unknown } | null = null;
    try {
      if (this.#isOver) return;
      this.#filler.owe();
      if (!(await script(this)))
        failure = { error: new RingbackError('vendor_failed', [this.#options.vendor, 'nothing was said']) };
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
    const { speaker, clock, source, stallMs } = this.#options;
    return new Speech({
      source,
      speaker,
      clock,
      ...(stallMs === undefined ? {} : { stallMs }),
      events: {
        onFirstByte: () => (this.#firstByteMs = clock.nowMs()),
        onPartBegun: (part) => this.#onPartBegun(part),
        onAudible: (part, playsAtMs) => this.#onAudible(part, playsAtMs),
        onPartHeard: (part) => this.#records[part]?.close(this.#texts[part] ?? '', false),
        onHeard: () => this.#finish(this.#whenHeard),
        onFault: (error) => this.#finish({ kind: 'voiceless', error }),
      },
    });
  }

  #onPartBegun(part: number): void {
    if (this.#isOver || part === FILLER_PART) return;
    this.#records[part]?.begun();
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#keepHeard(FIRST_HEARD_MS);
    this.#speaking();
  }

  #onAudible(part: number, firstAudioMs: number): void {
    this.#heardFirstMs ??= firstAudioMs;
    const { timing } = this.#options;
    if (this.#isOver || this.#isMeasured || part === FILLER_PART || timing === null) return;
    this.#isMeasured = true;
    const firstByteMs = this.#firstByteMs ?? firstAudioMs;
    const firstTokenMs = this.#firstTokenMs ?? firstByteMs;
    const heardFirstMs = this.#heardFirstMs;
    this.#records[part]?.latency(latencyOf(timing, { firstTokenMs, firstByteMs, firstAudioMs, heardFirstMs }));
  }

  #speaking(): void {
    if (this.#isOver || this.#isSpeaking) return;
    this.#isSpeaking = true;
    this.#options.events.onSpeaking();
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
    const asked = end.kind === 'interrupted' ? this.#speech?.interrupt(this.#options.speaker.heardMs) : null;
    this.#speech?.stop();
    this.#filler[Symbol.dispose]();
    const whole = end.kind === 'heard' || end.kind === 'speechless';
    const isSilent = this.#speech === null && !this.#filler.hasSounded;
    const heardMs = whole || isSilent ? Infinity : this.#options.speaker.cut();
    for (const [part, record] of this.#records.entries()) {
      const text = this.#texts[part] ?? '';
      const heard = this.#speech?.heardOf(part, heardMs) ?? '';
      record?.close(whole ? text : heard, heard !== text && !whole);
    }
    if (asked) this.#options.heardWords.await(asked.heard, (words) => this.#records[asked.part]?.correct(words));
    this.#over.resolve(end);
  }
}
