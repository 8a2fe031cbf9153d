import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BrowserCarrier } from '../../../../src/carriers/browser/browser.ts';
import type { DialRequest, MediaStream } from '../../../../src/carriers/carrier.ts';
import { RingbackError } from '../../../../src/errors.ts';
import { FakePage, fakeHost, type FakeHost } from '../../../fakes/browser-page.ts';
import { quietLog } from '../../../support/quiet-log.ts';
import { SimClock } from '../../../support/sim-clock.ts';

const LINE = 'browser:abcdefgh1234';
const RING_SECONDS = 30;

let clock: SimClock;
let host: FakeHost;
let log: ReturnType<typeof quietLog>;
let carrier: BrowserCarrier;

beforeEach(() => {
  clock = new SimClock();
  host = fakeHost();
  log = quietLog();
  carrier = new BrowserCarrier({ clock, log, random: () => 0, publicUrl: 'http://127.0.0.1', host });
});
afterEach(async () => {
  await carrier[Symbol.asyncDispose]();
  expect(clock.pending, 'no timer is left').toBe(0);
});

const open = (line = LINE, zone?: string): FakePage => FakePage.open(carrier, line, zone);

async function ring(attemptId = 'attempt-1', to = LINE): Promise<void> {
  const request: DialRequest = {
    attemptId,
    callbackId: 'callback-1',
    attemptNumber: 1,
    callId: 'call-1',
    from: 'browser:ringback',
    to,
    ringTimeoutSeconds: RING_SECONDS,
    machineDetection: 'off',
    display: { agentName: 'Riley', topic: 'your heating' },
    beforeSend: () => undefined,
  };
  expect(await carrier.dial(request)).toEqual({ kind: 'placed', carrierCallId: `BR-${attemptId}` });
  await clock.advance(0);
}

const ends = (): unknown[] =>
  host.events.flatMap((event) => (event.type === 'progress' && typeof event.state === 'object' ? [event.state] : []));

describe('a page that calls', () => {
  test('is connected, and its words, marks and voice reach the session', async () => {
    const page = open(LINE, 'Europe/Vienna');
    page.says({ type: 'call' });
    await clock.advance(0);
    expect(page.told.map(({ type }) => type)).toEqual(['ready', 'connecting', 'connected']);
    expect(host.events[0]).toMatchObject({ type: 'inbound', from: LINE, timeZone: 'Europe/Vienna' });
    page.says({ type: 'text', text: '  hello  ' });
    page.says({ type: 'mark', name: 'm1' });
    page.says({ type: 'dtmf', digit: '5' });
    page.says({ type: 'typing' });
    page.raw(Buffer.alloc(640), true);
    expect(host.heard).toEqual(['text hello', 'mark m1', 'dtmf 5', 'typing', 'audio 640']);
  });

  test('ends once, however often it hangs up', async () => {
    const page = open();
    page.says({ type: 'call' });
    await clock.advance(0);
    page.says({ type: 'hangup' });
    page.says({ type: 'hangup' });
    page.close();
    await clock.advance(0);
    expect(host.heard).toEqual(['closed hung_up']);
    expect(ends()).toEqual([{ ended: 'hung_up' }]);
  });

  test('has at most one call', async () => {
    const page = open();
    page.says({ type: 'call' });
    page.says({ type: 'call' });
    await clock.advance(0);
    expect(host.events.filter(({ type }) => type === 'inbound')).toHaveLength(1);
    expect(page.toldOf('error')).toHaveLength(1);
  });

  test('hears the sentence of a refusal, and can call again', async () => {
    host.answer = () => ({ type: 'say', text: 'All lines are busy.', language: 'en-US' });
    const page = open();
    page.says({ type: 'call' });
    await clock.advance(0);
    expect(page.toldOf('ended')).toEqual([{ type: 'ended', cause: 'refused', message: 'All lines are busy.' }]);
    page.says({ type: 'call' });
    await clock.advance(0);
    expect(page.toldOf('ended')).toHaveLength(2);
  });

  test('is told why when the gateway fails, and the fault is in the log by its name', async () => {
    host.answer = () => Promise.reject(new TypeError('secret words'));
    const page = open();
    page.says({ type: 'call' });
    await clock.advance(0);
    expect(page.toldOf('ended')).toEqual([
      { type: 'ended', cause: 'refused', message: 'the call could not be connected' },
    ]);
    expect(log.lines).toEqual([
      { level: 'warn', fields: { fault: 'TypeError' }, message: 'the softphone could not do what it was asked' },
    ]);
  });

  test('that is gone before it is connected leaves no session behind', async () => {
    const page = open();
    page.says({ type: 'call' });
    page.terminate();
    await clock.advance(0);
    expect(host.heard.every((line) => line === 'closed lost')).toBe(true);
    expect(ends()).toEqual([{ ended: 'hung_up' }]);
  });

  test('a hang-up is told again while the database is away', async () => {
    const page = open();
    page.says({ type: 'call' });
    await clock.advance(0);
    let tries = 0;
    host.answer = () => {
      tries += 1;
      if (tries < 3) throw new RingbackError('database_unavailable');
      return { type: 'none' };
    };
    page.says({ type: 'hangup' });
    await clock.advance(10_000);
    expect(tries).toBe(3);
  });
});

describe('a page in a call', () => {
  const FRAME = Buffer.alloc(640);

  async function inCall(): Promise<{ page: FakePage; stream: MediaStream }> {
    const page = open();
    page.says({ type: 'call' });
    await clock.advance(0);
    const [stream] = host.streams;
    if (stream === undefined) throw new Error('it was to be connected');
    return { page, stream };
  }

  test('that sent fifty frames a second, and then nothing, is gone within four seconds, and is asked first', async () => {
    const { page } = await inCall();
    page.raw(FRAME, true);
    page.isThere = false;
    await clock.advance(2_000);
    expect([page.pings, page.closedWith]).toEqual([1, null]);
    await clock.advance(2_000);
    expect(page.closedWith).toBe(1006);
    expect(host.heard.at(-1)).toBe('closed lost');
    expect(ends()).toEqual([{ ended: 'hung_up' }]);
  });

  test('that answers when it is asked is not gone, however long its microphone sends nothing', async () => {
    const { page } = await inCall();
    page.raw(FRAME, true);
    await clock.advance(30_000);
    expect(page.pings).toBeGreaterThan(10);
    expect(page.closedWith).toBeNull();
  });

  test('that stops to read but goes on sending is gone, and is asked first', async () => {
    const { page, stream } = await inCall();
    page.isThere = false;
    for (let frame = 0; frame < 100; frame += 1) {
      expect(page.pings).toBe(0);
      stream.sendAudio(FRAME);
    }
    expect(page.pings).toBe(1);
    await clock.advance(1_000);
    page.raw(FRAME, true);
    await clock.advance(1_000);
    expect(page.closedWith).toBe(1006);
    expect(host.heard.at(-1)).toBe('closed lost');
  });

  test('that tells what it has played is not even asked, nor is one that sends nothing once it has hung up', async () => {
    const { page, stream } = await inCall();
    page.raw(FRAME, true);
    for (let frame = 0; frame < 1_000; frame += 1) {
      stream.sendAudio(FRAME);
      if (frame % 25 === 0) page.says({ type: 'mark', name: `m${frame}` });
    }
    page.says({ type: 'hangup' });
    page.isThere = false;
    // What was on its way.
    page.raw(FRAME, true);
    stream.sendAudio(FRAME);
    await clock.advance(9_000);
    expect([page.pings, page.closedWith]).toEqual([0, null]);
  });

  test('that could not be connected is not watched', async () => {
    host.connect = () => Promise.reject(new RingbackError('stream_refused'));
    const page = open();
    page.says({ type: 'call' });
    await clock.advance(0);
    expect(page.toldOf('ended')).toHaveLength(1);
    page.raw(FRAME, true);
    page.isThere = false;
    await clock.advance(9_000);
    expect([page.pings, page.closedWith]).toEqual([0, null]);
  });
});

describe('a line that is rung', () => {
  test('rings on all its pages and no other, also on one that is opened meanwhile', async () => {
    const [one, two, other] = [open(), open(), open('browser:someoneelse')];
    await ring();
    await clock.advance(10_000);
    const late = open();
    for (const page of [one, two]) expect(page.toldOf('ring')).toMatchObject([{ ringId: 'attempt-1' }]);
    expect(late.toldOf('ring')).toMatchObject([{ expiresInMs: (RING_SECONDS - 10) * 1000 }]);
    expect(other.toldOf('ring')).toEqual([]);
  });

  test('the first answer wins, and the others are told so', async () => {
    const [one, two, three] = [open(), open(), open()];
    await ring();
    one.says({ type: 'answer', ringId: 'attempt-1' });
    two.says({ type: 'answer', ringId: 'attempt-1' });
    await clock.advance(0);
    expect(one.toldOf('connected')).toHaveLength(1);
    expect(two.toldOf('connected')).toEqual([]);
    for (const page of [two, three])
      expect(page.toldOf('ring_ended').at(-1)).toMatchObject({ cause: 'answered_elsewhere' });
  });

  test('stops ringing everywhere when the page that answered is gone before it is connected', async () => {
    const [one, two] = [open(), open()];
    await ring();
    one.says({ type: 'answer', ringId: 'attempt-1' });
    one.terminate();
    await clock.advance(0);
    expect(two.toldOf('ring_ended')).toHaveLength(1);
    expect(await carrier.find({ attemptId: 'attempt-1' })).toMatchObject({ state: { ended: 'hung_up' } });
  });

  test('stops on every page when one declines, and says so once', async () => {
    const [one, two] = [open(), open()];
    await ring();
    one.says({ type: 'decline', ringId: 'attempt-1' });
    await clock.advance(0);
    for (const page of [one, two]) expect(page.toldOf('ring_ended')).toMatchObject([{ cause: 'declined' }]);
    await clock.advance(RING_SECONDS * 1000 + 10_000);
    expect(ends()).toEqual([{ ended: 'rejected' }]);
  });

  test('rings out with no page at all', async () => {
    await ring();
    await clock.advance(RING_SECONDS * 1000);
    expect(ends()).toEqual([{ ended: 'no_answer' }]);
    expect(await carrier.get('BR-attempt-1')).toMatchObject({ state: { ended: 'no_answer' } });
  });

  test('can not be answered from another line, nor after it rang out', async () => {
    const [own, stranger] = [open(), open('browser:stranger12')];
    await ring();
    stranger.says({ type: 'answer', ringId: 'attempt-1' });
    stranger.says({ type: 'decline', ringId: 'attempt-1' });
    await clock.advance(RING_SECONDS * 1000);
    own.says({ type: 'answer', ringId: 'attempt-1' });
    await clock.advance(0);
    expect(host.events.filter(({ type }) => type === 'answered')).toEqual([]);
    expect(ends()).toEqual([{ ended: 'no_answer' }]);
  });

  test('stops when the gateway hangs up, and the page that answers too late is told', async () => {
    const page = open();
    await ring();
    await carrier.hangup('BR-attempt-1');
    await clock.advance(0);
    expect(page.toldOf('ring_ended')).toMatchObject([{ cause: 'cancelled' }]);
    expect(ends()).toEqual([{ ended: 'cancelled' }]);
  });
});

describe('what makes no sense', () => {
  test.each(['browser:', 'browser:short', 'browser:UPPERCASE', 'browser:ringback', '+4312345678', ''])(
    'the line "%s" is refused',
    (line) => {
      expect(open(line).closedWith).toBe(1008);
    },
  );

  test('ten messages without a meaning close that page alone', async () => {
    const [bad, good] = [open(), open()];
    good.says({ type: 'call' });
    for (const data of ['garbage', '{}', '[]', 'null', '{"type":"text","text":""}', '{"type":"mark"}', '"', '1', '{'])
      bad.raw(data, false);
    expect(bad.closedWith).toBeNull();
    bad.raw(Buffer.alloc(3), true);
    await clock.advance(0);
    expect(bad.closedWith).toBe(1008);
    expect(good.toldOf('connected')).toHaveLength(1);
  });

  test('the twenty-first page of a line is turned away', () => {
    const pages = Array.from({ length: 21 }, () => open());
    expect(pages.map(({ closedWith }) => closedWith)).toEqual([...Array<null>(20).fill(null), 1013]);
  });

  test('a page that answers no ping is let go, and its call with it', async () => {
    const page = open();
    page.ping = () => undefined;
    page.says({ type: 'call' });
    await clock.advance(20_000);
    expect(page.closedWith).toBe(1006);
    expect(host.heard).toEqual(['closed lost']);
  });

  test('a zone that nobody knows is left out', async () => {
    const page = open(LINE, 'Mars/Olympus');
    page.says({ type: 'call' });
    await clock.advance(0);
    expect(host.events[0]).not.toHaveProperty('timeZone');
  });
});
