import type { AudioFormat } from '../../../media/audio-format.ts';
import type { AdapterContext } from '../../adapter.ts';
import { openSegmentVoice, type SpeakSegment } from '../segment-voice.ts';
import type { Tts } from '../tts.ts';

const format: AudioFormat = { encoding: 'pcm16', sampleRateHz: 16_000 };

/** What a word takes at a telephone's pace, by its letters. */
const MS_PER_LETTER = 65;
const SHORTEST_WORD_MS = 130;
const LONGEST_WORD_MS = 800;
const GAP_MS = 50;
const PIECE_BYTES = 2560;
const AMPLITUDE = 0.1 * 32_767;
/** A fifth apart; they alternate, so that words can be told from each other. */
const PITCHES_HZ = [220, 330];

/** Soft tones, one for each word and as long as it. */
export function openTone(context: Pick<AdapterContext, 'clock'>): Tts {
  const speak: SpeakSegment = async (text, { signal, onAudio }) => {
    let spoken = 0;
    for (const [word] of text.matchAll(/[\p{L}\p{N}'’]+/gu)) {
      // A turn of the loop for each word: a long text holds nobody up and can be stopped.
      await context.clock.sleep(0, signal);
      const audio = tone(wordMs(word), PITCHES_HZ[spoken % PITCHES_HZ.length] ?? 220);
      spoken += 1;
      for (let from = 0; from < audio.length; from += PIECE_BYTES) onAudio(audio.slice(from, from + PIECE_BYTES));
    }
  };
  return {
    name: 'tone',
    voices: ['tone'],
    capabilities: { formats: [format] },
    open: ({ signal }) => openSegmentVoice('the tone', speak, signal),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function wordMs(word: string): number {
  return Math.min(LONGEST_WORD_MS, Math.max(SHORTEST_WORD_MS, word.length * MS_PER_LETTER));
}

/** A tone that swells and fades, so that it does not click, with the gap after it. */
function tone(ms: number, pitchHz: number): Uint8Array {
  const sounding = Math.round((ms * format.sampleRateHz) / 1000);
  const samples = new Int16Array(Math.round(((ms + GAP_MS) * format.sampleRateHz) / 1000));
  for (let at = 0; at < sounding; at += 1) {
    const envelope = Math.sin((Math.PI * at) / sounding) ** 2;
    samples[at] = Math.round(AMPLITUDE * envelope * Math.sin((2 * Math.PI * pitchHz * at) / format.sampleRateHz));
  }
  return new Uint8Array(samples.buffer);
}
