import type { AudioFormat } from '../../media/audio-format.ts';
import { isRingbackError } from '../../src/errors.ts';
import type { Stt, SttOptions, SttStream } from '../../src/stt/stt.ts';
import { until } from './until.ts';

export const telephone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
export const vocabulary = 'please call me back in thirty minutes or so thank you'.split(' ');

/** Somebody who listens to one recogniser and keeps all that it says. */
export interface Ear {
  readonly stream: SttStream;
  readonly heard: string[];
  /** Waits until an event that begins so was heard `times` times. */
  hears(event: string, times?: number): Promise<void>;
}

/** Opens a stream and keeps what it says; whoever opened it closes the stream. */
export function openEar(stt: Stt, options: Partial<SttOptions> = {}): Ear {
  const heard: string[] = [];
  const waiting = new Set<() => void>();
  const hear = (event: string): void => {
    heard.push(event);
    for (const look of waiting) look();
  };
  const stream = stt.open(
    { format: telephone, language: 'en-US', model: null, signal: new AbortController().signal, ...options },
    {
      onSpeechStarted: () => hear('speech'),
      onInterim: (text) => hear(`interim ${text}`),
      onFinal: (text) => hear(`final ${text}`),
      onEndOfTurn: (text, eager) => hear(`end${eager ? ' early' : ''} ${text}`),
      onTurnResumed: () => hear('resumed'),
      onError: (error) => hear(`error ${isRingbackError(error, 'vendor_failed') ? error.message : error.name}`),
    },
  );
  return {
    stream,
    heard,
    async hears(event, times = 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (heard.filter((one) => one.startsWith(event)).length >= times) resolve();
      };
      waiting.add(look);
      look();
      await until(`"${event}" (heard: ${heard.join(' | ')})`, promise).finally(() => waiting.delete(look));
    },
  };
}

/** Words of the vocabulary, 200 ms each. */
export function words(from: number, to: number): Uint8Array {
  return Buffer.concat(Array.from({ length: to - from }, (_, index) => Buffer.alloc(1600, from + index)));
}

/** So much silence. */
export function pause(ms: number): Uint8Array {
  return Buffer.alloc(ms * 8, 0xff);
}

/** What was told of one kind. */
export function of(heard: readonly string[], kind: string): string[] {
  return heard.filter((event) => event.startsWith(`${kind} `)).map((event) => event.slice(kind.length + 1));
}

/** One that closes its stream with it. */
export function owned(ear: Ear): Ear & Disposable {
  return { ...ear, [Symbol.dispose]: () => ear.stream[Symbol.dispose]() };
}
