import { describe, expect, test } from 'vitest';
import type { MediaCodec, MediaMessages } from '../../src/carriers/carrier.ts';
import { openBrowserCodec } from '../../src/carriers/browser/codec.ts';
import { openTwilioCodec } from '../../src/carriers/twilio/media.ts';

/** What every carrier's codec must keep to, with the messages of each as it really sends them. */
interface CodecCase {
  readonly name: string;
  readonly open: () => MediaCodec;
  readonly start: Buffer | null;
  readonly audio: { readonly message: Buffer; readonly isBinary: boolean; readonly bytes: Buffer };
  readonly mark: { readonly message: Buffer; readonly name: string };
  readonly dtmf: { readonly message: Buffer; readonly digit: string };
  readonly stop: Buffer;
  /** Nonsense that must be told as invalid, and nothing else. */
  readonly nonsense: readonly (readonly [string, Buffer, boolean])[];
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const speech = Buffer.from(Array.from({ length: 160 }, (_, index) => (index * 37) % 256));

const cases: CodecCase[] = [
  {
    name: 'browser',
    open: openBrowserCodec,
    start: null,
    audio: { message: speech, isBinary: true, bytes: speech },
    mark: { message: json({ type: 'mark', name: 'm1' }), name: 'm1' },
    dtmf: { message: json({ type: 'dtmf', digit: '5' }), digit: '5' },
    stop: json({ type: 'hangup' }),
    nonsense: [
      ['half a sample', Buffer.from([1, 2, 3]), true],
      ['no audio', Buffer.alloc(0), true],
      ['more than a second', Buffer.alloc(32_002), true],
      ['an unknown type', json({ type: 'sing' }), false],
      ['a digit that is none', json({ type: 'dtmf', digit: '55' }), false],
    ],
  },
  {
    name: 'twilio',
    open: openTwilioCodec,
    start: json({
      event: 'start',
      sequenceNumber: '1',
      start: {
        accountSid: 'AC1',
        streamSid: 'MZ1',
        callSid: 'CA1',
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: { token: 't' },
      },
      streamSid: 'MZ1',
    }),
    audio: {
      message: json({
        event: 'media',
        sequenceNumber: '4',
        media: { track: 'inbound', chunk: '2', timestamp: '5', payload: speech.toString('base64') },
        streamSid: 'MZ1',
      }),
      isBinary: false,
      bytes: speech,
    },
    mark: { message: json({ event: 'mark', sequenceNumber: '4', streamSid: 'MZ1', mark: { name: 'm1' } }), name: 'm1' },
    dtmf: {
      message: json({
        event: 'dtmf',
        streamSid: 'MZ1',
        sequenceNumber: '5',
        dtmf: { track: 'inbound_track', digit: '5' },
      }),
      digit: '5',
    },
    stop: json({ event: 'stop', sequenceNumber: '5', streamSid: 'MZ1', stop: { accountSid: 'AC1', callSid: 'CA1' } }),
    nonsense: [
      ['binary', speech, true],
      ['a payload that is no base64', json({ event: 'media', media: { payload: '*' }, streamSid: 'MZ1' }), false],
      ['a second start', json({ event: 'start', start: { callSid: 'CA1' }, streamSid: 'MZ2' }), false],
      ['a mark without a name', json({ event: 'mark', streamSid: 'MZ1' }), false],
      ['an unknown event', json({ event: 'sing' }), false],
    ],
  },
];

function listen() {
  const heard: unknown[] = [];
  const into: MediaMessages = {
    onStart: (start) => heard.push(['start', start]),
    onAudio: (audio) => heard.push(['audio', Buffer.from(audio)]),
    onDtmf: (digit) => heard.push(['dtmf', digit]),
    onMark: (name) => heard.push(['mark', name]),
    onStop: () => heard.push(['stop']),
    onIgnored: () => heard.push(['ignored']),
    onInvalid: () => heard.push(['invalid']),
  };
  return { heard, into };
}

describe.each(cases)('the codec of $name', (codecCase) => {
  const started = (): MediaCodec => {
    const codec = codecCase.open();
    if (codecCase.start !== null) codec.decode(codecCase.start, false, listen().into);
    return codec;
  };

  test('reads audio byte for byte', () => {
    const { heard, into } = listen();
    started().decode(codecCase.audio.message, codecCase.audio.isBinary, into);
    expect(heard).toEqual([['audio', codecCase.audio.bytes]]);
  });

  test('reads marks, digits and the end', () => {
    const { heard, into } = listen();
    const codec = started();
    codec.decode(codecCase.mark.message, false, into);
    codec.decode(codecCase.dtmf.message, false, into);
    codec.decode(codecCase.stop, false, into);
    expect(heard).toEqual([['mark', codecCase.mark.name], ['dtmf', codecCase.dtmf.digit], ['stop']]);
  });

  test.each([
    ['no JSON', Buffer.from('{"event'), false] as const,
    ['an empty message', Buffer.alloc(0), false] as const,
    ['an array', json([1]), false] as const,
    ['null', json(null), false] as const,
    ['a prototype', Buffer.from('{"__proto__":{"event":"media"}}'), false] as const,
    ['invalid UTF-8', Buffer.from([0xff, 0xfe]), false] as const,
    ...codecCase.nonsense,
  ])('tells %s as invalid and goes on', (_name, message, isBinary) => {
    const { heard, into } = listen();
    const codec = started();
    codec.decode(message, isBinary, into);
    codec.decode(codecCase.audio.message, codecCase.audio.isBinary, into);
    expect(heard).toEqual([['invalid'], ['audio', codecCase.audio.bytes]]);
  });

  test('writes audio that its own side reads again, and marks that name themselves', () => {
    const codec = started();
    const written = codec.audio(speech);
    const carried =
      typeof written === 'string'
        ? Buffer.from((JSON.parse(written) as { media: { payload: string } }).media.payload, 'base64')
        : Buffer.from(written);
    expect(carried).toEqual(speech);
    expect(codec.mark('turn 1 "quoted"')).toContain(JSON.stringify('turn 1 "quoted"'));
  });
});

test('twilio tells the start with its call, format and parameters', () => {
  const { heard, into } = listen();
  openTwilioCodec().decode(cases[1]?.start ?? Buffer.alloc(0), false, into);
  expect(heard).toEqual([
    [
      'start',
      {
        streamId: 'MZ1',
        carrierCallId: 'CA1',
        format: { encoding: 'mulaw', sampleRateHz: 8000 },
        parameters: { token: 't' },
      },
    ],
  ]);
});

test('twilio refuses audio of another format at the start', () => {
  const { heard, into } = listen();
  openTwilioCodec().decode(
    json({
      event: 'start',
      streamSid: 'MZ1',
      start: { callSid: 'CA1', mediaFormat: { encoding: 'audio/l16', sampleRate: 16_000, channels: 1 } },
    }),
    false,
    into,
  );
  expect(heard).toEqual([['invalid']]);
});
