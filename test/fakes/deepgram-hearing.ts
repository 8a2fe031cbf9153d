import { mulawSamples } from '../../media/g711.ts';

/** What the fake understands of audio, 20 ms at a time. One per connection. */
export interface Hearing {
  /** `atMs`: where on this connection the slice begins. True while a voice is heard. */
  hear(slice: Uint8Array, atMs: number): boolean;
  /** The words since the last `take`. */
  readonly words: string;
  take(): string;
}

/**
 * The bytes are the words: byte 0 is the first, byte 1 the second, anything beyond is silence. So a word that was lost,
 * doubled or cut out of its order on the way shows in the transcript. For one-byte formats.
 */
export function hearBytes(vocabulary: readonly string[]): () => Hearing {
  return () => {
    let words: string[] = [];
    let last: number | undefined;
    return {
      hear(slice) {
        for (const byte of slice) {
          const word = vocabulary[byte];
          if (word !== undefined && byte !== last) words.push(word);
          last = word === undefined ? undefined : byte;
        }
        return last !== undefined;
      },
      get words() {
        return words.join(' ');
      },
      take() {
        const taken = words.join(' ');
        words = [];
        return taken;
      },
    };
  };
}

export interface Speech {
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
}

/** Whatever the audio is, these words are in it at these times of each connection. */
export function hearScript(speeches: readonly Speech[]): () => Hearing {
  return () => {
    let heard = 0;
    let taken = 0;
    const all = speeches.flatMap(({ fromMs, toMs, text }) => {
      const words = text.split(' ');
      return words.map((word, index) => ({ word, atMs: fromMs + ((toMs - fromMs) * index) / words.length }));
    });
    const words = (): string =>
      all
        .slice(taken, heard)
        .map(({ word }) => word)
        .join(' ');
    return {
      hear(_slice, atMs) {
        heard = Math.max(heard, all.filter((one) => one.atMs <= atMs).length);
        return speeches.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
      },
      get words() {
        return words();
      },
      take() {
        const text = words();
        taken = heard;
        return text;
      },
    };
  };
}

const LOUD = 400;
const MS_PER_WORD = 250;

/**
 * Each burst of loud sound is the next sentence, or what is given for it, over all connections: for a caller that can only make noise. The
 * first two words are understood while it lasts, the rest when it ends.
 */
export function hearBursts(
  sentences: readonly string[] | (() => string | undefined),
  encoding: 'mulaw' | 'pcm16' = 'mulaw',
): () => Hearing {
  let next = 0;
  const take = typeof sentences === 'function' ? sentences : (): string | undefined => sentences[next++];
  return () => {
    let words: string[] = [];
    let coming: string[] = [];
    let loudMs = 0;
    let quietMs = 0;
    return {
      hear(slice) {
        const isLoud = meanLevel(slice, encoding) > LOUD;
        if (isLoud) {
          if (coming.length === 0 && loudMs === 0) coming = take()?.split(' ') ?? [];
          loudMs += 20;
          quietMs = 0;
          if (loudMs % MS_PER_WORD < 20 && coming.length > 1) words.push(...coming.splice(0, 1));
        } else if (loudMs > 0) {
          quietMs += 20;
          if (quietMs >= 100) {
            words.push(...coming);
            coming = [];
            loudMs = 0;
          }
        }
        return isLoud;
      },
      get words() {
        return words.join(' ');
      },
      take() {
        const taken = words.join(' ');
        words = [];
        return taken;
      },
    };
  };
}

function meanLevel(slice: Uint8Array, encoding: 'mulaw' | 'pcm16'): number {
  let sum = 0;
  if (encoding === 'mulaw') {
    for (const code of slice) sum += Math.abs(mulawSamples[code] ?? 0);
    return sum / slice.length;
  }
  const view = new DataView(slice.buffer, slice.byteOffset, slice.byteLength);
  for (let at = 0; at + 1 < slice.length; at += 2) sum += Math.abs(view.getInt16(at, true));
  return sum / (slice.length / 2);
}
