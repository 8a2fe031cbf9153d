import type { z } from 'zod';
import type { AudioFormat } from '../../media/audio-format.ts';
import type { AdapterDefinition } from '../adapter.ts';

/** Speech to text. One per vendor; a stream per call. */
export interface Stt extends AsyncDisposable {
  readonly name: string;
  readonly models: readonly string[];
  readonly capabilities: SttCapabilities;
  /** Opens a stream; it connects by itself and reports a failure through `onError`. The session closes it. */
  open(options: SttOptions, events: SttEvents): SttStream;
}

export interface SttCapabilities {
  /** Formats taken as they are; anything else is transcoded to the first. */
  readonly formats: readonly AudioFormat[];
  /** It decides the end of a turn itself (and may announce it early). */
  readonly endOfTurn: 'none' | 'endpointing' | 'model' | 'eager_model';
  /** Streams that the account may have open at once, over all replicas; unset where no limit is known. */
  readonly streamsMax?: number;
}

export interface SttOptions {
  readonly format: AudioFormat;
  readonly language: string;
  /** Model name, or null for its first. */
  readonly model: string | null;
  readonly signal: AbortSignal;
}

export interface SttStream extends Disposable {
  /**
   * Audio in `options.format`; copied before it returns. Bounded: the oldest is dropped at the bound. `isVoice`: somebody
   * speaks in it, as whoever writes it has found; a connection that gives no word of much speech can be told by it.
   */
  write(audio: Uint8Array, isVoice?: boolean): void;
  /** Asks for a final of what was written so far. */
  finalize(): void;
  /**
   * Whoever listens has decided that the turn is over, and has its words: one that ends turns itself is told, so that it does
   * not say them once more with what follows. Absent where it can't be told.
   */
  endTurn?(): void;
}

export interface SttEvents {
  onSpeechStarted(): void;
  /** Words so far, may change. */
  onInterim(text: string): void;
  /** Words that stay. */
  onFinal(text: string): void;
  /** The person seems to have finished; `eager` may be taken back by `onTurnResumed`. */
  onEndOfTurn(text: string, eager: boolean): void;
  onTurnResumed(): void;
  /** The stream is lost for good (it reconnects by itself before it says so). */
  onError(error: Error): void;
}

export type SttDefinition<Env extends z.ZodRawShape = z.ZodRawShape> = AdapterDefinition<Env, Stt>;

/** Checks the shape of an STT's default export. */
export function defineStt<Env extends z.ZodRawShape>(definition: SttDefinition<Env>): SttDefinition<Env> {
  return definition;
}
