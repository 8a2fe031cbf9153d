import type { z } from 'zod';
import type { AudioFormat } from '../../media/audio-format.ts';
import type { AdapterDefinition } from '../adapter.ts';

/** Text to speech. One per vendor; a voice (a warm connection) per call. */
export interface Tts extends AsyncDisposable {
  readonly name: string;
  /** Voices by name; the first is the default. */
  readonly voices: readonly string[];
  readonly capabilities: TtsCapabilities;
  /** Opens a voice for one call; it connects by itself. The session closes it. */
  open(options: TtsOptions): TtsVoice;
}

export interface TtsCapabilities {
  /** Formats it can give; the call's own if it is among them, else the first, transcoded. */
  readonly formats: readonly AudioFormat[];
  /** Voices that the account may have open at once, over all replicas; unset where no limit is known. */
  readonly streamsMax?: number;
}

export interface TtsOptions {
  readonly format: AudioFormat;
  /** Voice name, or null for the first. */
  readonly voice: string | null;
  readonly language: string;
  readonly signal: AbortSignal;
}

export interface TtsVoice extends Disposable {
  /** Begins one utterance (one agent turn). An earlier one that was not cancelled is finished first. */
  utter(events: UtteranceEvents): Utterance;
}

/** Text in, in whole clauses (segments 0, 1, …); audio out, in the same order. */
export interface Utterance {
  push(segmentText: string): void;
  /** No more text comes. */
  finish(): void;
  /** Stops it; no event of it comes after the return. Idempotent. */
  cancel(): void;
  /**
   * Stops it like `cancel`, and resolves soon with the words of this segment that were heard, by the vendor's own measure,
   * of whose audio `heardMs` were; undefined where the vendor does not know. Left out where it never does.
   */
  interrupt?(segment: number, heardMs: number): Promise<string | undefined>;
}

export interface UtteranceEvents {
  /** Audio of segment `segment`, in `TtsOptions.format`; the bytes are the receiver's. */
  onAudio(segment: number, audio: Uint8Array): void;
  /** All audio of that segment has been given. */
  onSegmentEnd(segment: number): void;
  /** After `finish`, when everything has been given. */
  onEnd(): void;
  /** It failed for good; nothing comes after it. */
  onError(error: Error): void;
}

export type TtsDefinition<Env extends z.ZodRawShape = z.ZodRawShape> = AdapterDefinition<Env, Tts>;

/** Checks the shape of a TTS's default export. */
export function defineTts<Env extends z.ZodRawShape>(definition: TtsDefinition<Env>): TtsDefinition<Env> {
  return definition;
}
