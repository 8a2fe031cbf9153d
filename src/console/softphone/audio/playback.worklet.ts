import type { PlaybackReport, PlaybackRequest } from './messages.ts';
import { fromPcm16, loudness, WIRE_HZ } from './pcm.ts';
import { PlayQueue } from './play-queue.ts';
import { Resampler } from './resampler.ts';

/** Three messages of 20 ms: what a busy page or network may be late by without being heard. */
const PRIME_SECONDS = 0.06;
const MOST_SECONDS = 20;
/** Meters are drawn some 25 times a second. */
const LEVEL_EVERY_SECONDS = 0.04;

/** Runs in the audio thread: plays the wire's frames, and reports marks when they are really reached. */
class Playback extends AudioWorkletProcessor {
  #resampler = new Resampler(WIRE_HZ, Math.round(sampleRate));
  readonly #queue = new PlayQueue({
    primeSamples: PRIME_SECONDS * sampleRate,
    mostSamples: MOST_SECONDS * sampleRate,
    onMark: (name) => this.#report({ type: 'mark', name }),
  });
  #running = true;
  #sinceLevel = 0;
  #loudest = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlaybackRequest>) => this.#follow(data);
  }

  override process(
    _inputs: readonly (readonly Float32Array[])[],
    outputs: readonly (readonly Float32Array[])[],
  ): boolean {
    const [channels] = outputs;
    const first = channels?.[0];
    if (channels === undefined || first === undefined) return this.#running;
    this.#queue.pull(first);
    for (const channel of channels.slice(1)) channel.set(first);
    this.#meter(first);
    return this.#running;
  }

  #follow(request: PlaybackRequest): void {
    if (request.type === 'audio') return this.#queue.pushAudio(this.#resampler.process(fromPcm16(request.pcm)));
    if (request.type === 'mark') return this.#queue.pushMark(request.name);
    if (request.type === 'stop') this.#running = false;
    this.#resampler = new Resampler(WIRE_HZ, Math.round(sampleRate));
    this.#queue.clear();
  }

  #meter(samples: Float32Array): void {
    this.#loudest = Math.max(this.#loudest, loudness(samples));
    this.#sinceLevel += samples.length;
    if (this.#sinceLevel < LEVEL_EVERY_SECONDS * sampleRate) return;
    this.#report({ type: 'level', level: this.#loudest });
    this.#sinceLevel = 0;
    this.#loudest = 0;
  }

  #report(report: PlaybackReport): void {
    this.port.postMessage(report);
  }
}

registerProcessor('ringback-playback', Playback);
