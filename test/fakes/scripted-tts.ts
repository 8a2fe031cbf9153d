import type { AudioFormat } from '../../media/audio-format.ts';
import type { Clock } from '../../src/clock.ts';
import { RingbackError } from '../../src/errors.ts';
import { openSegmentVoice } from '../../src/tts/segment-voice.ts';
import type { Tts, TtsOptions, TtsVoice } from '../../src/tts/tts.ts';
import { spokenAudio, telephone } from './spoken-audio.ts';

export type TtsFault = 'error' | 'stall' | 'half_then_error' | 'half_then_stall';

/** A voice that says characters (see spoken-audio.ts), each segment after `firstByteMs`, and fails when it is told. */
export class ScriptedTts implements Tts {
  readonly name = 'scripted';
  readonly voices = ['test'];
  readonly capabilities: { readonly formats: readonly AudioFormat[] };
  readonly spoken: string[] = [];
  /** Taken one by one, for each segment; null lets it pass. */
  readonly faults: (TtsFault | null)[] = [];
  opened = 0;
  open_ = 0;
  firstByteMs = 100;
  /** What it says was heard of its last segment, after so long; null: it does not know. */
  heardWords: { readonly text: string; readonly afterMs: number } | null = null;
  readonly #clock: Clock;

  constructor(clock: Clock, formats: readonly AudioFormat[] = [telephone]) {
    this.#clock = clock;
    this.capabilities = { formats };
  }

  open({ signal }: TtsOptions): TtsVoice {
    this.opened += 1;
    this.open_ += 1;
    const voice = openSegmentVoice(
      this.name,
      async (text, { signal: stop, onAudio }) => {
        const fault = this.faults.shift() ?? null;
        await this.#clock.sleep(this.firstByteMs, stop);
        if (fault === 'stall') return this.#clock.sleep(10_000_000, stop);
        if (fault === 'error') throw new RingbackError('vendor_failed', [this.name, 'as it was told']);
        const audio = spokenAudio(text);
        // In two odd pieces, much faster than it is spoken.
        const half = Math.floor(audio.length / 2) + 7;
        onAudio(audio.slice(0, half));
        if (fault === 'half_then_error') throw new RingbackError('vendor_failed', [this.name, 'as it was told']);
        if (fault === 'half_then_stall') return this.#clock.sleep(10_000_000, stop);
        await this.#clock.sleep(10, stop);
        onAudio(audio.slice(half));
        this.spoken.push(text);
      },
      signal,
      async () => {
        if (this.heardWords === null) return undefined;
        await this.#clock.sleep(this.heardWords.afterMs, signal);
        return this.heardWords.text;
      },
    );
    let isOpen = true;
    return {
      utter: (events) => voice.utter(events),
      [Symbol.dispose]: () => {
        if (isOpen) this.open_ -= 1;
        isOpen = false;
        voice[Symbol.dispose]();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
