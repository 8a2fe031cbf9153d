import { describe, expect, test } from 'vitest';
import { openTwilioCodec } from '../../../../src/carriers/twilio/media.ts';
import type { MediaMessages } from '../../../../src/carriers/carrier.ts';
import { PlainFrameReader } from '../../../../src/carriers/twilio/plain-frame.ts';

const STREAM = 'MZ0123456789abcdef0123456789abcdef';

/** A frame as Twilio writes it. */
function frame(payload: string, chunk = '2'): string {
  return `{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"${chunk}","timestamp":"5","payload":"${payload}"},"streamSid":"${STREAM}"}`;
}

function noise(length: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 37 + seed * 101 + ((index * seed) >> 3)) & 255));
}

/** What the codec makes of a message, with the stream known. */
function heardOf(message: string): unknown[] {
  const heard: unknown[] = [];
  const into: MediaMessages = {
    onStart: () => undefined,
    onAudio: (audio, sequence) => heard.push(['audio', Buffer.from(audio).toString('hex'), sequence]),
    onDtmf: (digit) => heard.push(['dtmf', digit]),
    onMark: (name) => heard.push(['mark', name]),
    onStop: () => heard.push(['stop']),
    onIgnored: () => heard.push(['ignored']),
    onInvalid: (reason) => heard.push(['invalid', reason]),
  };
  const codec = openTwilioCodec();
  const start = JSON.stringify({ event: 'start', streamSid: STREAM, start: { callSid: 'CA1' } });
  codec.decode(Buffer.from(start), false, into);
  codec.decode(Buffer.from(message), false, into);
  return heard;
}

/** The same message with a space behind its first brace, which only the JSON reader takes. */
function byJson(message: string): unknown[] {
  return heardOf(message.replace('{', '{ '));
}

describe('a plain frame', () => {
  test.each(Array.from({ length: 40 }, (_, index) => (index < 20 ? index + 1 : index * 13)))(
    'of %d bytes is read as JSON would read it',
    (length) => {
      const audio = noise(length, length);
      const reader = new PlainFrameReader(STREAM);
      const read = reader.read(Buffer.from(frame(audio.toString('base64'), '1234567')));
      expect(read).toEqual(audio);
      expect(reader.sequence).toBe(1_234_567);
    },
  );

  test('what one was read of does not leak into the next, shorter one', () => {
    const reader = new PlainFrameReader(STREAM);
    reader.read(Buffer.from(frame(noise(160, 1).toString('base64'))));
    expect(reader.read(Buffer.from(frame(noise(100, 2).toString('base64'))))).toEqual(noise(100, 2));
  });

  test.each([
    ['outbound audio', frame(noise(160, 3).toString('base64')).replace('inbound', 'outbound')],
    ['another stream', frame(noise(160, 3).toString('base64')).replace('MZ01', 'MZ99')],
    ['an escape', frame('\\u0041AAA')],
    ['an end within the payload', frame('AAAA","payload":"BBBB')],
    ['padding within', frame('AA==AAAA')],
    ['nothing but padding', frame('====')],
    ['no groups of four', frame('AAAAA')],
    ['a payload longer than the room', frame(noise(3_000, 5).toString('base64'))],
    ['an empty payload', frame('')],
    ['no number', frame('AAAA', '')],
    ['a number with a letter', frame('AAAA', '1a')],
  ])('%s is left to the JSON reader', (_what, message) => {
    expect(new PlainFrameReader(STREAM).read(Buffer.from(message))).toBeUndefined();
    expect(heardOf(message)).toEqual(byJson(message));
  });

  test('whatever one byte of it becomes, the codec hears what the JSON reader hears', () => {
    const whole = frame(noise(9, 4).toString('base64'));
    for (let at = 1; at < whole.length; at += 1)
      for (const byte of ['"', '\\', ' ', '0', '=', '}', '-', '*']) {
        const message = whole.slice(0, at) + byte + whole.slice(at + 1);
        expect([message, heardOf(message)]).toEqual([message, byJson(message)]);
      }
  });
});
