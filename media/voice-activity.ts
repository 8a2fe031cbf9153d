import { FRAME_MS, type AudioFormat } from './audio-format.ts';
import { TelephoneFrames, type FrameListener } from './telephone-frames.ts';

/** Hears where somebody speaks and where they pause, in one stream of audio. Whoever opens it closes it. */
export interface VoiceActivity extends Disposable {
  /**
   * Takes a chunk of any size; tells what changed from before it to after it. It allocates nothing and keeps nothing
   * of the chunk.
   */
  hear(audio: Uint8Array): 'started' | 'ended' | null;
  readonly speaking: boolean;
  /** For how long nothing of a voice has been heard, in ms of audio, to a frame: 0 while there is one. */
  readonly quietMs: number;
}

/** What the energy gate goes by. Levels are dB below full scale (dBFS, a mean square), times are milliseconds. */
export interface EnergyGateSettings {
  /** Speech must last this long to have started. Longer: fewer clicks taken for words, later interruptions. */
  readonly onsetMs: number;
  /** A pause must last this long for speech to have ended. Longer: fewer torn sentences, later ends. */
  readonly hangoverMs: number;
  /** Nothing below this is speech, however quiet the line is. */
  readonly quietestDb: number;
  /** How far above the noise speech must begin, and how far it must stay. */
  readonly onsetAboveNoiseDb: number;
  readonly keepAboveNoiseDb: number;
  /** More zero crossings a second than this are hiss, which may go on within speech but does not begin it. */
  readonly onsetCrossingsPerSecond: number;
  /** The noise is the quietest frame of this long a past: a level held for longer becomes noise, a tone too. */
  readonly noiseMemoryMs: number;
  /** What the noise is taken for until that much has been heard. */
  readonly firstNoiseDb: number;
}

export const energyGateDefaults: EnergyGateSettings = {
  onsetMs: 60,
  hangoverMs: 300,
  quietestDb: -45,
  onsetAboveNoiseDb: 10,
  keepAboveNoiseDb: 6,
  onsetCrossingsPerSecond: 3000,
  noiseMemoryMs: 3000,
  firstNoiseDb: -55,
};

/** A gate by energy and zero crossings over frames of FRAME_MS; cheap enough for every call. Closing it does nothing. */
export function openEnergyGate(format: AudioFormat, settings: EnergyGateSettings = energyGateDefaults): VoiceActivity {
  return new EnergyGate(format, settings);
}

/** The noise's past is kept as the minima of so many stretches. */
const STRETCHES = 15;

/** The level of digital silence, so that a muted line does not make a breath loud. */
const LOWEST_DB = -70;

class EnergyGate implements VoiceActivity, FrameListener {
  readonly #settings: EnergyGateSettings;
  readonly #frames: TelephoneFrames;
  readonly #crossingsMax: number;
  readonly #onsetFrames: number;
  readonly #hangoverFrames: number;
  readonly #stretchFrames: number;
  /** The last sample of the frame before. */
  #last = 0;

  #speaking = false;
  #loudFrames = 0;
  #quietFrames = 0;
  /** Also after the pause was taken for an end. */
  #framesSinceVoice = 0;

  readonly #minima = new Float64Array(STRETCHES);
  #stretch = 0;
  #framesOfStretch = 0;

  constructor(format: AudioFormat, settings: EnergyGateSettings) {
    this.#settings = settings;
    this.#frames = new TelephoneFrames(format, this);
    this.#crossingsMax = (settings.onsetCrossingsPerSecond * FRAME_MS) / 1000;
    this.#onsetFrames = Math.max(1, Math.ceil(settings.onsetMs / FRAME_MS));
    this.#hangoverFrames = Math.max(1, Math.ceil(settings.hangoverMs / FRAME_MS));
    this.#stretchFrames = Math.max(1, Math.ceil(settings.noiseMemoryMs / FRAME_MS / STRETCHES));
    this.#minima.fill(settings.firstNoiseDb);
    this.#minima[0] = 0;
  }

  get speaking(): boolean {
    return this.#speaking;
  }

  [Symbol.dispose](): void {}

  get quietMs(): number {
    return this.#framesSinceVoice * FRAME_MS;
  }

  hear(audio: Uint8Array): 'started' | 'ended' | null {
    const before = this.#speaking;
    this.#frames.take(audio);
    if (this.#speaking === before) return null;
    return this.#speaking ? 'started' : 'ended';
  }

  onSamples(samples: Int16Array): void {
    let squares = 0;
    let crossings = 0;
    let last = this.#last;
    for (let index = 0; index < samples.length; index += 1) {
      const sample = samples[index] ?? 0;
      squares += sample * sample;
      // The signs differ.
      crossings += (sample ^ last) >>> 31;
      last = sample;
    }
    this.#last = last;
    this.#judge(squares / samples.length, crossings);
  }

  /** `meanSquare` of samples of 16 bits. */
  #judge(meanSquare: number, crossings: number): void {
    const levelDb = Math.max(LOWEST_DB, 10 * Math.log10(meanSquare / 32_768 ** 2));
    const voiced = crossings <= this.#crossingsMax;
    const aboveNoiseDb = levelDb - this.#noiseDb();
    const { quietestDb, onsetAboveNoiseDb, keepAboveNoiseDb } = this.#settings;
    this.#remember(levelDb);
    if (this.#speaking) {
      const heard = aboveNoiseDb >= keepAboveNoiseDb && levelDb >= quietestDb;
      this.#quietFrames = heard ? 0 : this.#quietFrames + 1;
      this.#framesSinceVoice = this.#quietFrames;
      if (this.#quietFrames >= this.#hangoverFrames) this.#become(false);
      return;
    }
    const heard = voiced && aboveNoiseDb >= onsetAboveNoiseDb && levelDb >= quietestDb;
    this.#loudFrames = heard ? this.#loudFrames + 1 : 0;
    this.#framesSinceVoice += 1;
    if (this.#loudFrames < this.#onsetFrames) return;
    this.#framesSinceVoice = 0;
    this.#become(true);
  }

  #become(speaking: boolean): void {
    this.#speaking = speaking;
    this.#loudFrames = 0;
    this.#quietFrames = 0;
  }

  /** Speech has dips in any few seconds, noise has none: so the quietest frame is the noise. */
  #noiseDb(): number {
    let quietest = 0;
    for (let stretch = 0; stretch < STRETCHES; stretch += 1) quietest = Math.min(quietest, this.#minima[stretch] ?? 0);
    return quietest;
  }

  #remember(levelDb: number): void {
    if (this.#framesOfStretch === this.#stretchFrames) {
      this.#stretch = (this.#stretch + 1) % STRETCHES;
      this.#framesOfStretch = 0;
      this.#minima[this.#stretch] = 0;
    }
    this.#minima[this.#stretch] = Math.min(this.#minima[this.#stretch] ?? 0, levelDb);
    this.#framesOfStretch += 1;
  }
}
