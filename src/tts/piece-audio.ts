import { bytesPerSample, type AudioFormat } from '../../media/audio-format.ts';

/**
 * The audio of one piece of text as a call can take it: whole samples, without a WAV header (it would be a burst of noise),
 * and without the first `skipBytes`, which were given by a try before this one. Nothing to close.
 */
export function openPieceAudio(format: AudioFormat, skipBytes: number): (audio: Uint8Array) => Uint8Array | undefined {
  const sampleBytes = bytesPerSample(format);
  let first = true;
  let left = skipBytes;
  let half: number | undefined;
  return (raw) => {
    let audio = first ? withoutHeader(raw) : raw;
    first = false;
    if (half !== undefined) audio = Uint8Array.of(half, ...audio);
    const whole = audio.length - (audio.length % sampleBytes);
    half = whole < audio.length ? audio[whole] : undefined;
    const skipped = Math.min(left, whole);
    left -= skipped;
    return skipped < whole ? audio.subarray(skipped, whole) : undefined;
  };
}

/** RIFF, WAVE, chunks, `data` and its length (McGowan's WAVE: soundfile.sapp.org/doc/WaveFormat). */
function withoutHeader(audio: Uint8Array): Uint8Array {
  const bytes = Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength);
  if (bytes.subarray(0, 4).toString('latin1') !== 'RIFF') return audio;
  const data = bytes.indexOf('data', 0, 'latin1');
  return data < 0 ? audio : audio.subarray(data + 8);
}
