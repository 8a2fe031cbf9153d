import { bytesOf, type AudioFormat } from '../../../../media/audio-format.ts';
import { hearBursts } from '../../../fakes/deepgram-hearing.ts';
import { openDeepgramServer } from '../../../fakes/deepgram-server.ts';
import type { Rig } from '../rig.ts';

const words = 'call me back in one minute';
/** The first that the adapter names. */
const format: AudioFormat = { encoding: 'pcm16', sampleRateHz: 16_000 };

/** Deepgram's fake, with nothing wrong: each burst of sound is the same sentence. */
export default async function openRig(): Promise<Rig> {
  const sentences = Array.from({ length: 1000 }, () => words);
  const server = await openDeepgramServer({ hearing: hearBursts(sentences, 'pcm16') });
  return {
    env: { DEEPGRAM_API_KEY: 'test-key', DEEPGRAM_BASE_URL: server.url },
    speech: { audio: burst(), words },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A second and a half of tone between two pauses. */
function burst(): Uint8Array {
  const audio = Buffer.alloc(bytesOf(format, 2500));
  for (let at = bytesOf(format, 300); at < bytesOf(format, 1800); at += 2)
    audio.writeInt16LE(Math.round(8000 * Math.sin(at / 10)), at);
  // Not the Buffer: its slice would be a view.
  return new Uint8Array(audio);
}
