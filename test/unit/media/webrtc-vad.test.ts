import { expect, test } from 'vitest';
import { WebRtcVad, type WebRtcVadModule } from '../../../media/webrtc-vad.ts';

/** A module that says yes to every frame, and knows what it has given out. */
class FakeModule implements WebRtcVadModule {
  readonly given = new Set<number>();
  readonly HEAP16 = new Int16Array(1_024);
  #next = 0;
  processed = 0;
  left = Infinity;

  _malloc(): number {
    this.left -= 1;
    if (this.left < 0) return 0;
    this.given.add((this.#next += 2));
    return this.#next;
  }

  _free(address: number): void {
    this.given.delete(address);
  }

  _fvad_new(): number {
    return this._malloc();
  }

  _fvad_free(state: number): void {
    this.given.delete(state);
  }

  _fvad_set_mode(): number {
    return 0;
  }

  _fvad_set_sample_rate(): number {
    return 0;
  }

  _fvad_process(): number {
    this.processed += 1;
    return 1;
  }
}

const format = { encoding: 'mulaw', sampleRateHz: 8_000 } as const;
const loud = new Uint8Array(160).fill(0x80);

test('memory outside of the heap is given back, once, and a stream that is closed hears nothing', () => {
  const module = new FakeModule();
  const vad = new WebRtcVad(module);
  const streams = Array.from({ length: 10 }, () => vad.open(format));
  expect(module.given.size).toBe(11);
  for (const stream of streams) {
    stream[Symbol.dispose]();
    stream[Symbol.dispose]();
    expect(stream.hear(loud)).toBeNull();
  }
  vad[Symbol.dispose]();
  expect(module.given.size).toBe(0);
  expect(module.processed).toBe(0);
});

test('without memory for one more stream it says so', () => {
  const module = new FakeModule();
  const vad = new WebRtcVad(module);
  module.left = 0;
  expect(() => vad.open(format)).toThrow(RangeError);
});

test('nobody begins to speak before the line was learnt', () => {
  using vad = new WebRtcVad(new FakeModule());
  using stream = vad.open(format);
  const started = Array.from({ length: 40 }, () => stream.hear(loud)).indexOf('started');
  expect(started * 20).toBe(400 + 60 - 20);
});
