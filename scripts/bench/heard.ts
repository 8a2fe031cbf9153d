import { quantile } from './figures.ts';

/** What all telephones of a bench heard, in milliseconds. */
export class Heard {
  /** How far the time between two frames was from their length, once a speech is under way. */
  unevenMs: number[] = [];
  /** From the frame, or the words, that interrupt the agent to the message that makes the carrier silent. */
  readonly stoppedMs: Record<Interruption, number[]> = { voice: [], words: [] };
  /** Audio of speeches, and the time in which it came. */
  audioMs = 0;
  tookMs = 0;

  reset(): void {
    this.unevenMs = [];
    this.stoppedMs.voice = [];
    this.stoppedMs.words = [];
    this.audioMs = 0;
    this.tookMs = 0;
  }

  get figures() {
    const { unevenMs, stoppedMs } = this;
    return {
      jitterP99: quantile(unevenMs, 0.99),
      unevenShare: unevenMs.filter((ms) => ms > 5).length / unevenMs.length,
      realTime: this.audioMs / this.tookMs,
      voices: stoppedMs.voice.length,
      voiceP50: quantile(stoppedMs.voice, 0.5),
      voiceP99: quantile(stoppedMs.voice, 0.99),
      words: stoppedMs.words.length,
      wordsP50: quantile(stoppedMs.words, 0.5),
      wordsP99: quantile(stoppedMs.words, 0.99),
    };
  }
}

export type Interruption = 'voice' | 'words';

const BYTES_PER_MS = 8;
/** A speech begins with what is sent ahead of it. */
const SETTLED_AFTER_MS = 500;
/** Of shorter ones it is not told how fast they came. */
const LEAST_SPEECH_MS = 2_000;

/** One telephone's ear: plays what comes one after the other. */
export class Ear {
  readonly #heard: Heard;
  /** When what was sent so far will have played. */
  #playsUntilMs = 0;
  #beganMs = 0;
  #lastMs = 0;
  /** Since the speech was under way. */
  #settledMs = Number.NaN;
  #audioMs = 0;
  #interrupted: { readonly by: Interruption; readonly atMs: number } | null = null;

  constructor(heard: Heard) {
    this.#heard = heard;
  }

  /** How long what was sent will play on. */
  leftMs(nowMs: number): number {
    return Math.max(0, this.#playsUntilMs - nowMs);
  }

  /** The agent is to be silent from now on. */
  interrupted(by: Interruption): void {
    this.#interrupted = { by, atMs: performance.now() };
  }

  media(base64Length: number): void {
    const nowMs = performance.now();
    const ms = (base64Length * 3) / 4 / BYTES_PER_MS;
    const frameMs = Math.floor(ms / 20) * 20;
    if (nowMs > this.#playsUntilMs) this.#begin(nowMs);
    else if (!Number.isNaN(this.#settledMs)) {
      this.#heard.unevenMs.push(Math.abs(nowMs - this.#lastMs - frameMs));
      this.#audioMs += frameMs;
    } else if (nowMs - this.#beganMs > SETTLED_AFTER_MS) this.#settledMs = nowMs;
    this.#lastMs = nowMs;
    this.#playsUntilMs = Math.max(nowMs, this.#playsUntilMs) + frameMs;
  }

  clear(): void {
    const nowMs = performance.now();
    if (this.#interrupted !== null) {
      const { by, atMs } = this.#interrupted;
      this.#heard.stoppedMs[by].push(nowMs - atMs);
      this.#interrupted = null;
    }
    this.#playsUntilMs = nowMs;
    this.#end();
  }

  #begin(nowMs: number): void {
    this.#end();
    this.#beganMs = nowMs;
  }

  #end(): void {
    const tookMs = this.#lastMs - this.#settledMs;
    if (tookMs >= LEAST_SPEECH_MS) {
      this.#heard.audioMs += this.#audioMs;
      this.#heard.tookMs += tookMs;
    }
    this.#settledMs = Number.NaN;
    this.#audioMs = 0;
  }
}
