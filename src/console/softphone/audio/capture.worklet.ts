import type { CaptureReport, CaptureRequest } from './messages.ts';
import { FRAME_SAMPLES, loudness, toPcm16, WIRE_HZ } from './pcm.ts';
import { Resampler } from './resampler.ts';

/** Runs in the audio thread: whatever is connected, silence where nothing is, becomes 20 ms frames of the wire. */
class Capture extends AudioWorkletProcessor {
  readonly #resampler = new Resampler(Math.round(sampleRate), WIRE_HZ);
  readonly #frame = new Float32Array(FRAME_SAMPLES);
  #filled = 0;
  #running = true;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<CaptureRequest>) => {
      if (data.type === 'stop') this.#running = false;
    };
  }

  override process(
    inputs: readonly (readonly Float32Array[])[],
    outputs: readonly (readonly Float32Array[])[],
  ): boolean {
    const length = outputs[0]?.[0]?.length ?? 128;
    for (const sample of this.#resampler.process(mono(inputs[0] ?? [], length))) {
      this.#frame[this.#filled] = sample;
      this.#filled += 1;
      if (this.#filled === FRAME_SAMPLES) this.#send();
    }
    return this.#running;
  }

  #send(): void {
    this.#filled = 0;
    const report: CaptureReport = { pcm: toPcm16(this.#frame), level: loudness(this.#frame) };
    this.port.postMessage(report, [report.pcm]);
  }
}

function mono(channels: readonly Float32Array[], length: number): Float32Array {
  const [first] = channels;
  if (first === undefined) return new Float32Array(length);
  if (channels.length === 1) return first;
  return first.map((_, index) => channels.reduce((sum, channel) => sum + (channel[index] ?? 0), 0) / channels.length);
}

registerProcessor('ringback-capture', Capture);
