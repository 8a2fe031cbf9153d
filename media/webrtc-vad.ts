import { FRAME_MS, type AudioFormat } from './audio-format.ts';
import { TELEPHONE_HZ, TelephoneFrames, type FrameListener } from './telephone-frames.ts';
import type { VoiceActivity } from './voice-activity.ts';

/** The detector of WebRTC (libfvad) in WebAssembly: one memory, in which each stream has a state of its own. */
export interface WebRtcVadModule {
  /** The address of a new state; 0 where there is no memory left. */
  _fvad_new(): number;
  _fvad_free(state: number): void;
  /** 0 (lets most pass) to 3 (lets least pass). */
  _fvad_set_mode(state: number, mode: number): number;
  _fvad_set_sample_rate(state: number, rateHz: number): number;
  /** Of one frame of 10, 20 or 30 ms: 1 for a voice, 0 for none, -1 for a frame of another length. */
  _fvad_process(state: number, samples: number, length: number): number;
  _malloc(bytes: number): number;
  _free(address: number): void;
  /** The memory; another view once it has grown. */
  readonly HEAP16: Int16Array;
}

/** Times in ms, levels in dB below full scale. */
export interface WebRtcVadSettings {
  /** 0 to 3: how sure it wants to be. */
  readonly mode: 0 | 1 | 2 | 3;
  /** As with the energy gate. */
  readonly onsetMs: number;
  readonly hangoverMs: number;
  /** Nothing below this is speech: the detector itself takes the faintest hiss of a line for a whisper. */
  readonly quietestDb: number;
  /** No speech begins before it has heard so much of the line: until then it takes any hiss for a voice. */
  readonly learnMs: number;
}

export const webRtcVadDefaults: WebRtcVadSettings = {
  mode: 3,
  onsetMs: 60,
  hangoverMs: 300,
  quietestDb: -45,
  learnMs: 400,
};

/** What the detector listens to, whatever the stream's rate: it brings every other one down to this itself. */
const FRAME_SAMPLES = (TELEPHONE_HZ * FRAME_MS) / 1000;

/** Opens streams of one module; they share the place where a frame lies while it is looked at. */
export class WebRtcVad implements Disposable {
  readonly #module: WebRtcVadModule;
  readonly #frame: number;

  /** Throws RangeError where the memory is too small. */
  constructor(module: WebRtcVadModule) {
    this.#module = module;
    this.#frame = module._malloc(FRAME_SAMPLES * 2);
    if (this.#frame === 0) throw new RangeError('no memory for a voice detector');
  }

  /** Whoever opens a stream closes it. Throws RangeError where there is no memory for one more. */
  open(format: AudioFormat, settings: WebRtcVadSettings = webRtcVadDefaults): VoiceActivity {
    return new WebRtcStream(this.#module, this.#frame, format, settings);
  }

  [Symbol.dispose](): void {
    this.#module._free(this.#frame);
  }
}

class WebRtcStream implements VoiceActivity, FrameListener {
  readonly #module: WebRtcVadModule;
  readonly #frame: number;
  readonly #frames: TelephoneFrames;
  readonly #quietest: number;
  readonly #onsetFrames: number;
  readonly #hangoverFrames: number;
  #state: number;
  #speaking = false;
  #toLearn: number;
  #voicedFrames = 0;
  #quietFrames = 0;

  constructor(module: WebRtcVadModule, frame: number, format: AudioFormat, settings: WebRtcVadSettings) {
    this.#module = module;
    this.#frame = frame;
    this.#frames = new TelephoneFrames(format, this, FRAME_SAMPLES);
    this.#quietest = FRAME_SAMPLES * (32_768 * 10 ** (settings.quietestDb / 20)) ** 2;
    this.#onsetFrames = Math.max(1, Math.ceil(settings.onsetMs / FRAME_MS));
    this.#hangoverFrames = Math.max(1, Math.ceil(settings.hangoverMs / FRAME_MS));
    this.#toLearn = Math.ceil(settings.learnMs / FRAME_MS);
    this.#state = module._fvad_new();
    if (this.#state === 0) throw new RangeError('no memory for a voice detector');
    module._fvad_set_mode(this.#state, settings.mode);
    module._fvad_set_sample_rate(this.#state, TELEPHONE_HZ);
  }

  get speaking(): boolean {
    return this.#speaking;
  }

  get quietMs(): number {
    return this.#quietFrames * FRAME_MS;
  }

  hear(audio: Uint8Array): 'started' | 'ended' | null {
    const before = this.#speaking;
    if (this.#state !== 0) this.#frames.take(audio);
    if (this.#speaking === before) return null;
    return this.#speaking ? 'started' : 'ended';
  }

  [Symbol.dispose](): void {
    if (this.#state !== 0) this.#module._fvad_free(this.#state);
    this.#state = 0;
  }

  onSamples(samples: Int16Array): void {
    let squares = 0;
    for (let index = 0; index < FRAME_SAMPLES; index += 1) squares += (samples[index] ?? 0) ** 2;
    // It is asked in any case: it learns the noise of the line from the frames without a voice.
    this.#module.HEAP16.set(samples, this.#frame >> 1);
    const isVoice = this.#module._fvad_process(this.#state, this.#frame, FRAME_SAMPLES) === 1;
    this.#toLearn -= 1;
    const heard = isVoice && squares >= this.#quietest && this.#toLearn < 0;
    this.#quietFrames = heard ? 0 : this.#quietFrames + 1;
    this.#voicedFrames = heard ? this.#voicedFrames + 1 : 0;
    if (this.#speaking) this.#speaking = this.#quietFrames < this.#hangoverFrames;
    else this.#speaking = this.#voicedFrames >= this.#onsetFrames;
  }
}
