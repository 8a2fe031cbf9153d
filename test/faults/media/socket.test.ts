import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { smallTalk } from '../../fakes/openai-small-talk.ts';
import { readMarkup } from '../../fakes/twilio/markup.ts';
import { AUTH_TOKEN } from '../../fakes/twilio/server.ts';
import { twilioSignature } from '../../fakes/twilio/signature.ts';
import { OURS } from '../../integration/twilio/world.ts';
import { until } from '../../support/until.ts';
import { openMediaRig, pause, type Caller, type MediaRig } from './rig.ts';

let rig: MediaRig;
/** A call that goes on through everything, and notices nothing. */
let witness: Caller;
beforeAll(async () => {
  rig = await openMediaRig(smallTalk);
  witness = await rig.ring();
});
afterAll(() => rig[Symbol.asyncDispose]());

const address = (): string => `${rig.phone.address.replace('http', 'ws')}/carriers/twilio/media`;
/** Silence in mu-law; below it the levels rise. */
const QUIETEST = 0xff;
const isQuick = { perMessageDeflate: false, maxPayload: 1_000_000 } as const;

/** A socket that Twilio could have opened. */
function open(): WebSocket {
  const socket = new WebSocket(address(), {
    ...isQuick,
    headers: { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, address()) },
  });
  socket.on('error', () => undefined);
  return socket;
}

/** How a socket ends that says all this; 1006 where it was cut. */
async function endOf(messages: readonly (string | Buffer)[], fragments = 1): Promise<number> {
  const socket = open();
  await once(socket, 'open');
  const closed = endOfSocket(socket);
  for (const message of messages) {
    const parts = fragments === 1 ? [message] : Array.from({ length: fragments }, () => message.slice(0, 1));
    for (const [part, piece] of parts.entries()) socket.send(piece, { fin: part === parts.length - 1 });
  }
  return until('the end of the socket', closed, 15_000);
}

/** Its close code; an error before it is part of the end. */
function endOfSocket(socket: WebSocket): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  socket.on('close', (code) => resolve(code));
  return promise;
}

async function witnessIsWell(): Promise<void> {
  await witness.say('are you well');
  await witness.hears(/You said: are you well$/);
  expect(witness.call.streams).toBe(1);
}

const start = (more: object = {}): string =>
  JSON.stringify({ event: 'start', streamSid: 'MZ1', start: { callSid: 'CA1', streamSid: 'MZ1', ...more } });
const audio = (payload: string): string => JSON.stringify({ event: 'media', streamSid: 'MZ1', media: { payload } });

test('M1: a connection that is reset in the middle of a call is followed by another, and leaves nothing open at a vendor', async () => {
  const { deepgram } = rig.phone;
  const before = [deepgram.listens.length, deepgram.speaks.length];
  const caller = await rig.ring();
  caller.call.leg?.cut();
  await until('the next stream', caller.call.opened(2));
  await caller.say('here again');
  await caller.hears(/You said: here again$/);
  await caller.hangUp();
  const own = [...deepgram.listens.slice(before[0]), ...deepgram.speaks.slice(before[1])];
  expect(own.length).toBeGreaterThanOrEqual(4);
  await Promise.all(own.map((connection) => connection.when('its end', () => connection.closed !== undefined)));
});

test.each([
  ['audio before a start', Array.from({ length: 12 }, () => audio('AAAA')), [1002]],
  ['two starts, neither with a token', [start(), start()], [1008]],
  ['a stop that comes twice', ['{"event":"stop"}', '{"event":"stop"}'], [1000]],
])('M4: %s closes that socket, and no other call notices', async (_what, messages, codes) => {
  expect(codes).toContain(await endOf(messages));
  await witnessIsWell();
});

test.each([
  ['text that is no JSON', '{"event":'],
  ['bytes', Buffer.from([0, 1, 2, 255])],
  ['nothing', '{}'],
  ['a list in a list in a list', '['.repeat(5_000) + ']'.repeat(5_000)],
  ['a prototype', '{"__proto__":{"event":"start"},"event":{"toString":"x"}}'],
])('M5: %s, again and again, closes that socket, and no other call notices', async (_what, message) => {
  expect(await endOf(Array.from({ length: 12 }, () => message))).toBe(1002);
  await witnessIsWell();
});

test('M5: text that is no UTF-8 closes that socket, and no other call notices', async () => {
  const socket = open();
  await once(socket, 'open');
  const closed = endOfSocket(socket);
  socket.send(Buffer.from([0xc3, 0x28]), { binary: false });
  expect(await until('its end', closed)).toBe(1007);
  await witnessIsWell();
});

test.each([
  ['of a hundred megabytes', [Buffer.alloc(100_000_000, 0x41)], 1],
  ['of seventy kilobytes', [audio('A'.repeat(70_000))], 1],
  ['in sixteen thousand pieces', ['aa'], 16_000],
])('M6: a message %s closes that socket, and no other call notices', async (_what, messages, fragments) => {
  expect([1006, 1008, 1009]).toContain(await endOf(messages, fragments));
  await witnessIsWell();
});

test('M7: payloads that are empty, odd, tiny, long or no base64 leave the call whole', async () => {
  const caller = await rig.ring();
  for (const payload of [
    '',
    '////',
    '/w==',
    '!!!!',
    'A',
    Buffer.alloc(40_000, 0xff).toString('base64').slice(0, 40_000),
  ])
    caller.call.leg?.sendRaw(audio(payload).replace('MZ1', caller.streamSid));
  await caller.say('still whole');
  await caller.hears(/You said: still whole$/);
  await caller.hangUp();
});

/** What lets the stream of a new call in; a gateway whose machine is busy says so, and is rung again. */
async function invitation(): Promise<{ callSid: string; customParameters: Record<string, string> }> {
  for (let tries = 1; ; tries += 1) {
    const callSid = `CA${randomBytes(16).toString('hex')}`;
    const status = { CallSid: callSid, CallStatus: 'in-progress', Direction: 'inbound' };
    const { body } = await rig.phone.post('/carriers/twilio/voice', { ...status, From: '+12125550199', To: OURS });
    const verb = readMarkup(body);
    if (verb.verb === 'connect') return { callSid, customParameters: verb.parameters };
    if (tries === 10) throw new Error(`no stream is wanted: ${body}`);
    await pause(1_000);
  }
}

test.each([
  ['linear PCM at 16 kHz', { encoding: 'audio/l16', sampleRate: 16_000, channels: 1 }],
  ['a rate of no telephone', { encoding: 'audio/x-mulaw', sampleRate: 44_100, channels: 1 }],
])('M8: a stream that announces %s is not begun, and is closed', async (_what, mediaFormat) => {
  expect(await endOf([start({ mediaFormat, ...(await invitation()) })])).toBe(1008);
  await witnessIsWell();
});

test('M8: the same stream with the format of a telephone is begun, and spoken to', async () => {
  const socket = open();
  await once(socket, 'open');
  const spoken = once(socket, 'message');
  const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8_000, channels: 1 };
  socket.send(start({ mediaFormat, ...(await invitation()) }));
  const [first] = (await until('the greeting', spoken, 30_000)) as [Buffer];
  expect(JSON.parse(first.toString())).toMatchObject({ event: 'media', streamSid: 'MZ1' });
  socket.close();
});

test('M9: audio that comes in bursts of two seconds is heard in order, and nothing grows without bound', async () => {
  const caller = await rig.ring();
  const stream = rig.phone.deepgram.listens.at(-1);
  const before = stream?.audio.length ?? 0;
  // Each burst has a level of its own, all so low that they are nobody's voice.
  const levels = Array.from({ length: 10 }, (_, burst) => QUIETEST - 1 - burst);
  for (const level of levels) {
    const frame = audio(Buffer.alloc(160, level).toString('base64')).replace('MZ1', caller.streamSid);
    for (let sent = 0; sent < 100; sent += 1) caller.call.leg?.sendRaw(frame);
  }
  await caller.say('after the flood');
  await caller.hears(/You said: after the flood$/);
  const came = Buffer.concat(stream?.audio.slice(before) ?? []).filter((level) => levels.includes(level));
  expect(came.length).toBeGreaterThan(100_000);
  expect(came.length).toBeLessThanOrEqual(levels.length * 100 * 160);
  expect([...came].filter((level, at) => level !== came[at - 1])).toEqual(levels);
  await caller.hangUp();
});

test('M13: marks that never come, come early, or that nobody sent change nothing for the caller', async () => {
  const caller = await rig.ring();
  for (const name of ['m1', 'm99', 'nobody', '__proto__'])
    caller.call.leg?.sendRaw(JSON.stringify({ event: 'mark', streamSid: caller.streamSid, mark: { name } }));
  await caller.say('and marks');
  await caller.hears(/You said: and marks$/);
  await caller.hangUp();
});

test('M16: three hundred connections at once are shed, and live calls go on', async () => {
  const ends: Promise<unknown>[] = [];
  for (let wave = 0; wave < 6; wave += 1) {
    for (let socket = 0; socket < 50; socket += 1) {
      const knocking = new WebSocket(address(), isQuick);
      knocking.on('error', () => undefined);
      ends.push(endOfSocket(knocking));
    }
    await pause(50);
  }
  await until('the end of all of them', Promise.all(ends), 30_000);
  await witnessIsWell();
});
