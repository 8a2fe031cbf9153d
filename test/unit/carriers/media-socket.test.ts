import { describe, expect, test } from 'vitest';
import type { CarrierCapabilities, CarrierHost, MediaSink, MediaStream } from '../../../src/carriers/carrier.ts';
import { acceptMediaSocket } from '../../../src/carriers/media-socket.ts';
import { openTwilioCodec } from '../../../src/carriers/twilio/media.ts';
import { RingbackError } from '../../../src/errors.ts';
import { FakeSocket } from '../../fakes/fake-socket.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';

const start = { event: 'start', streamSid: 'MZ1', start: { callSid: 'CA1', customParameters: { token: 'good' } } };
const media = (byte: number, chunk?: number) => ({
  event: 'media',
  streamSid: 'MZ1',
  media: {
    ...(chunk === undefined ? {} : { chunk: String(chunk) }),
    payload: Buffer.alloc(160, byte).toString('base64'),
  },
});

/** A socket and the gateway behind it: what the session heard, in order. */
class Line {
  readonly clock = new SimClock();
  readonly socket = new FakeSocket();
  readonly heard: unknown[] = [];
  readonly log = quietLog();
  readonly claims: unknown[] = [];
  readonly connected = Promise.withResolvers<void>();
  stream: MediaStream | null = null;
  #closed = 0;

  constructor(connect: 'at once' | 'later' | Error = 'at once', more: Partial<CarrierCapabilities> = {}) {
    acceptMediaSocket({
      socket: this.socket.asSocket,
      codec: openTwilioCodec(),
      capabilities: {
        ringsTelephone: true,
        idempotency: 'none',
        machineDetection: true,
        clear: true,
        marksReturnedOnClear: true,
        reopensStreams: true,
        sendsSilence: true,
        leadMs: 120,
        callsPerSecond: null,
        ...more,
      },
      host: { connect: (stream, claim) => this.#connect(stream, claim, connect) },
      clock: this.clock,
      log: this.log,
      tokenOf: ({ parameters }) => parameters['token'],
    });
  }

  async #connect(...[stream, claim, how]: [...Parameters<CarrierHost['connect']>, unknown]): Promise<MediaSink> {
    this.claims.push(claim);
    if (how === 'later') await this.connected.promise;
    if (how instanceof Error) throw how;
    this.stream = stream;
    return {
      onAudio: (audio) => this.heard.push(['audio', audio[0], audio.length]),
      onLost: (lostMs) => this.heard.push(['lost', lostMs]),
      onDtmf: (digit) => this.heard.push(['dtmf', digit]),
      onMark: (name) => this.heard.push(['mark', name]),
      onText: (text) => this.heard.push(['text', text]),
      onTyping: () => this.heard.push(['typing']),
      onClosed: (cause) => this.heard.push(['closed', cause, (this.#closed += 1)]),
    };
  }

  async begin(): Promise<void> {
    this.socket.receive({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    this.socket.receive(start);
    await this.clock.advance(0);
  }

  /** Nothing of it waits any more. */
  async end(): Promise<void> {
    this.socket.gone();
    await this.clock.advance(0);
    expect(this.clock.pending).toBe(0);
  }
}

describe('a media socket', () => {
  test('leads what the caller says and presses, and what was played, to the session', async () => {
    const line = new Line();
    await line.begin();
    line.socket.receive(media(1));
    line.socket.receive({ event: 'dtmf', streamSid: 'MZ1', dtmf: { digit: '5' } });
    line.socket.receive({ event: 'mark', streamSid: 'MZ1', mark: { name: 'm1' } });
    expect(line.claims).toEqual([{ token: 'good', carrierCallId: 'CA1' }]);
    expect(line.heard).toEqual([
      ['audio', 1, 160],
      ['dtmf', '5'],
      ['mark', 'm1'],
    ]);
    await line.end();
  });

  test('sends audio, marks and clears in the words of the carrier', async () => {
    const line = new Line();
    await line.begin();
    line.stream?.sendAudio(new Uint8Array([1, 2, 3]));
    line.stream?.sendMark('m1');
    line.stream?.clear();
    expect(line.socket.sent.map((text) => JSON.parse(text) as unknown)).toEqual([
      { event: 'media', streamSid: 'MZ1', media: { payload: 'AQID' } },
      { event: 'mark', streamSid: 'MZ1', mark: { name: 'm1' } },
      { event: 'clear', streamSid: 'MZ1' },
    ]);
    await line.end();
  });

  test('keeps what was said before the session was there, in order, and the latest two seconds of it', async () => {
    const line = new Line('later');
    await line.begin();
    for (let frame = 0; frame < 130; frame += 1) line.socket.receive(media(frame));
    expect(line.heard).toEqual([]);
    line.connected.resolve();
    await line.clock.advance(0);
    line.socket.receive(media(200));
    const bytes = line.heard.map((what) => (what as unknown[])[1]);
    expect(bytes).toEqual([...Array.from({ length: 100 }, (_, index) => index + 30), 200]);
    await line.end();
  });

  test('that goes away while the session is being opened tells it, once', async () => {
    const line = new Line('later');
    await line.begin();
    line.socket.gone();
    line.connected.resolve();
    await line.clock.advance(0);
    expect(line.heard).toEqual([['closed', 'lost', 1]]);
    expect(line.clock.pending).toBe(0);
  });
});

describe('frames', () => {
  test('M10: that were dropped on the way are told as silence, those that come twice are heard once', async () => {
    const line = new Line();
    await line.begin();
    for (const chunk of [1, 2, 5, 5, 6]) line.socket.receive(media(chunk, chunk));
    expect(line.heard).toEqual([
      ['audio', 1, 160],
      ['audio', 2, 160],
      ['lost', 40],
      ['audio', 5, 160],
      ['audio', 6, 160],
    ]);
    await line.end();
    expect(line.log.lines.at(-1)).toMatchObject({ fields: { lost: 2, late: 1, early: 0 } });
  });

  test('of a carrier that does not keep their order are put in order', async () => {
    const line = new Line('at once', { unorderedMs: 100 });
    await line.begin();
    for (const chunk of [1, 3, 2, 5]) line.socket.receive(media(chunk, chunk));
    expect(line.heard.map((what) => (what as unknown[])[1])).toEqual([1, 2, 3]);
    await line.end();
    // What still waited was said before the end.
    expect(line.heard.map((what) => (what as unknown[])[1])).toEqual([1, 2, 3, 20, 5, 'lost']);
  });

  test('keys that are pressed before the session is there are not lost', async () => {
    const line = new Line('later');
    await line.begin();
    for (const digit of '12#') line.socket.receive({ event: 'dtmf', streamSid: 'MZ1', dtmf: { digit } });
    line.connected.resolve();
    await line.clock.advance(0);
    expect(line.heard).toEqual([
      ['dtmf', '1'],
      ['dtmf', '2'],
      ['dtmf', '#'],
    ]);
    await line.end();
  });
});

describe('how a stream ends', () => {
  test('a stop is a hang-up, though the socket stays', async () => {
    const line = new Line();
    await line.begin();
    line.socket.receive({ event: 'stop', streamSid: 'MZ1', stop: { callSid: 'CA1' } });
    expect(line.socket.closed).toMatchObject({ code: 1000 });
    await line.end();
    expect(line.heard).toEqual([['closed', 'hung_up', 1]]);
  });

  test('a socket that just goes is a lost line', async () => {
    const line = new Line();
    await line.begin();
    line.socket.emit('error', new Error('reset'));
    expect(line.socket.closed).toBe('terminated');
    await line.end();
    expect(line.heard).toEqual([['closed', 'lost', 1]]);
  });

  test('a close of our own is no loss, and nothing is sent after it', async () => {
    const line = new Line();
    await line.begin();
    line.stream?.close();
    line.stream?.sendAudio(new Uint8Array(160));
    line.stream?.sendMark('m1');
    line.stream?.clear();
    expect(line.socket.sent).toEqual([]);
    await line.end();
    expect(line.heard).toEqual([['closed', 'hung_up', 1]]);
  });

  test('M2: a peer that answers no ping for a whole turn is gone, within twenty seconds', async () => {
    const line = new Line();
    await line.begin();
    await line.clock.advance(9_000);
    expect(line.socket.pings).toBe(1);
    line.socket.emit('pong');
    await line.clock.advance(9_000);
    expect(line.socket.closed).toBeNull();
    await line.clock.advance(9_000);
    expect(line.socket.closed).toBe('terminated');
    expect(line.heard).toEqual([['closed', 'lost', 1]]);
    expect(line.clock.pending).toBe(0);
  });

  test('a carrier that sent fifty frames a second, and then nothing, is gone within four seconds', async () => {
    const line = new Line();
    await line.begin();
    line.socket.receive(media(1));
    await line.clock.advance(2_000);
    expect(line.socket.pings, 'it is asked first').toBe(1);
    expect(line.socket.closed).toBeNull();
    await line.clock.advance(2_000);
    expect(line.socket.closed).toBe('terminated');
    expect(line.heard.at(-1)).toEqual(['closed', 'lost', 1]);
    expect(line.clock.pending).toBe(0);
  });

  test('one that answers when it is asked is not gone, however long it sends nothing', async () => {
    const line = new Line();
    await line.begin();
    line.socket.receive(media(1));
    for (let second = 0; second < 30; second += 1) {
      await line.clock.advance(1_000);
      if (line.socket.pings > 0) line.socket.emit('pong');
    }
    expect(line.socket.closed).toBeNull();
    await line.end();
  });

  test('one that sends nothing while nobody speaks is not missed', async () => {
    const line = new Line('at once', { sendsSilence: false });
    await line.begin();
    line.socket.receive(media(1));
    await line.clock.advance(8_000);
    expect(line.socket.closed).toBeNull();
    await line.end();
  });

  test('M12: one that stops to read but goes on sending is gone, and is asked first', async () => {
    const line = new Line();
    await line.begin();
    for (let frame = 0; frame < 100; frame += 1) {
      expect(line.socket.pings).toBe(0);
      line.stream?.sendAudio(Buffer.alloc(160));
    }
    expect(line.socket.pings).toBe(1);
    await line.clock.advance(1_000);
    line.socket.receive(media(1));
    expect(line.socket.closed).toBe(null);
    await line.clock.advance(1_000);
    expect(line.socket.closed).toBe('terminated');
    expect(line.heard.at(-1)).toEqual(['closed', 'lost', 1]);
    await line.end();
  });

  test('M13: one whose marks never come back but who answers is never taken for gone', async () => {
    const line = new Line('at once', { sendsSilence: false });
    await line.begin();
    for (let round = 0; round < 3; round += 1) {
      for (let frame = 0; frame < 150; frame += 1) line.stream?.sendAudio(Buffer.alloc(160));
      expect(line.socket.pings).toBe(round + 1);
      line.socket.emit('pong');
      await line.clock.advance(2_500);
    }
    expect(line.socket.closed).toBe(null);
    await line.end();
  });

  test('one whose marks come back is not even asked', async () => {
    const line = new Line('at once', { sendsSilence: false });
    await line.begin();
    for (let frame = 0; frame < 1_000; frame += 1) {
      line.stream?.sendAudio(Buffer.alloc(160));
      if (frame % 25 === 0) line.socket.receive({ event: 'mark', streamSid: 'MZ1', mark: { name: `m${frame}` } });
    }
    expect(line.socket.pings).toBe(0);
    await line.end();
  });

  test('M12: a reader that lags by more than the agent could ever say is gone', async () => {
    const line = new Line();
    await line.begin();
    line.socket.bufferedAmount = 300_000;
    line.stream?.sendAudio(new Uint8Array(160));
    expect(line.socket.sent).toEqual([]);
    expect(line.socket.closed).toBe('terminated');
    await line.end();
  });
});

describe('what is not right closes the socket, and creates nothing', () => {
  test('M3: no start in time', async () => {
    const line = new Line();
    line.socket.receive({ event: 'connected' });
    await line.clock.advance(5_000);
    expect(line.socket.closed).toMatchObject({ code: 1008 });
    await line.end();
    expect(line.claims).toEqual([]);
  });

  test('a start without a token', async () => {
    const line = new Line();
    line.socket.receive({ event: 'start', streamSid: 'MZ1', start: { callSid: 'CA1' } });
    await line.clock.advance(0);
    expect(line.socket.closed).toMatchObject({ code: 1008 });
    expect(line.claims).toEqual([]);
    await line.end();
  });

  test.each([
    ['a token that is no good', new RingbackError('stream_refused'), 1008],
    ['a database that is away', new RingbackError('database_unavailable'), 1011],
  ])('%s', async (_what, error, code) => {
    const line = new Line(error);
    await line.begin();
    line.socket.receive(media(1));
    expect(line.socket.closed).toMatchObject({ code });
    await line.end();
    expect(line.heard).toEqual([]);
  });

  test('M4: a second start changes nothing', async () => {
    const line = new Line();
    await line.begin();
    line.socket.receive({ ...start, streamSid: 'MZ2' });
    await line.clock.advance(0);
    expect(line.claims).toHaveLength(1);
    expect(line.socket.closed).toBeNull();
    await line.end();
  });

  test('garbage again and again', async () => {
    const line = new Line();
    await line.begin();
    const garbage: [Buffer | string, boolean][] = [
      ['{', false],
      ['null', false],
      ['[]', false],
      ['{"event":"dance"}', false],
      ['{"event":"media"}', false],
      ['{"event":"media","media":{"payload":7}}', false],
      ['{"event":"mark"}', false],
      ['{"event":"dtmf","dtmf":{"digit":"Z"}}', false],
      [Buffer.from([0, 1, 2, 255]), true],
    ];
    for (const [message, isBinary] of garbage) line.socket.receive(message, isBinary);
    // So much is put up with; the call goes on.
    line.socket.receive(media(9));
    expect(line.socket.closed).toBeNull();
    expect(line.heard).toEqual([['audio', 9, 160]]);
    line.socket.receive('more of it');
    expect(line.socket.closed).toMatchObject({ code: 1002 });
    await line.end();
  });
});
