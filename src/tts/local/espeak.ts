import { bytesOf, type AudioFormat } from '../../../media/audio-format.ts';
import type { AdapterContext } from '../../adapter.ts';
import { openSegmentVoice, type SpeakSegment } from '../segment-voice.ts';
import type { Tts } from '../tts.ts';
import { Engine } from './engine.ts';
import { SAMPLE_RATE_HZ } from './pieces.ts';
import { pauseAfterMs, readable, sentences } from './script.ts';
import { espeakName, voiceFor, voiceNames } from './voices.ts';

const format: AudioFormat = { encoding: 'pcm16', sampleRateHz: SAMPLE_RATE_HZ };
const PIECE_BYTES = bytesOf(format, 80);

/** Starts espeak-ng in its thread. Rejects with `vendor_failed` or `vendor_deadline` where it does not come up. */
export async function openEspeak(context: Pick<AdapterContext, 'clock' | 'log'>): Promise<Tts> {
  const thread = new URL('thread.ts', import.meta.url);
  const engine = await Engine.start({ clock: context.clock, log: context.log, thread });
  return {
    name: 'local',
    voices: voiceNames,
    capabilities: { formats: [format] },
    open: ({ voice, language, signal }) =>
      openSegmentVoice('the local voice', speakWith(engine, espeakName(voice ?? voiceFor(language))), signal),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

/** One sentence after the other goes into the queue, so that a long text of one call does not make the others wait. */
function speakWith(engine: Engine, voice: string): SpeakSegment {
  return async (text, { signal, onAudio }) => {
    for (const sentence of sentences(readable(text))) {
      await engine.speak(sentence, voice, { signal, onAudio });
      // espeak-ng pauses between sentences, but not after the last one that it is given.
      for (const pause of silence(pauseAfterMs(sentence))) onAudio(pause);
    }
  };
}

/** In pieces of at most 80 ms. */
function silence(ms: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let left = bytesOf(format, ms); left > 0; left -= PIECE_BYTES)
    pieces.push(new Uint8Array(Math.min(left, PIECE_BYTES)));
  return pieces;
}
