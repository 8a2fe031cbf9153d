import { expect, test } from 'vitest';
import type { AudioFormat } from '../../../media/audio-format.ts';
import { dataBytesMax, formatOfHeader, headerBytes, wavHeader } from '../../../src/recordings/wav-header.ts';

const pcm24: AudioFormat = { encoding: 'pcm16', sampleRateHz: 24_000 };
const mulaw: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const alaw: AudioFormat = { encoding: 'alaw', sampleRateHz: 8000 };

test('PCM has the plain header of 44 bytes', () => {
  expect(wavHeader(pcm24, 8).toString('hex')).toBe(
    [
      '52494646 2c000000 57415645', // RIFF, 44 bytes follow, WAVE
      '666d7420 10000000 0100 0200 c05d0000 00770100 0400 1000', // fmt, PCM, 2 channels, 24000, 96000 a second, 4, 16 bits
      '64617461 08000000', // data
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});

test('mu-law has tag 7, the longer fmt and a fact that counts samples', () => {
  expect(wavHeader(mulaw, 8).toString('hex')).toBe(
    [
      '52494646 3a000000 57415645',
      '666d7420 12000000 0700 0200 401f0000 803e0000 0200 0800 0000',
      '66616374 04000000 04000000',
      '64617461 08000000',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
  expect(wavHeader(alaw, 8).readUInt16LE(20)).toBe(6);
});

test.each([pcm24, mulaw, alaw])('a header of $encoding is known again, whatever its sizes say', (format) => {
  expect(formatOfHeader(wavHeader(format, 0))).toEqual(format);
  expect(formatOfHeader(wavHeader(format, 123_456))).toEqual(format);
  expect(formatOfHeader(wavHeader(format, 8).subarray(0, headerBytes(format) - 1))).toBeUndefined();
  const other = wavHeader(format, 8);
  other[22] = 1;
  expect(formatOfHeader(other)).toBeUndefined();
});

test('a file as long as its sizes can say is still told right, in whole samples of both channels', () => {
  const most = dataBytesMax(pcm24);
  expect(most % 4).toBe(0);
  expect(wavHeader(pcm24, most).readUInt32LE(4)).toBe(most + 36);
});
