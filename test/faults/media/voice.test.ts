import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { smallTalk } from '../../fakes/openai-small-talk.ts';
import { openMediaRig, pause, type Caller, type MediaRig } from './rig.ts';

const SORRY = /something went wrong on my side\. Could you say that again\?$/;
const LONG = 'and tell me a very long story about a house by the sea with a garden and a dog and many many children';
const FRAME_MS = 20;

let rig: MediaRig;
beforeAll(async () => {
  rig = await openMediaRig(smallTalk);
});
afterAll(() => rig[Symbol.asyncDispose]());
afterEach(() => {
  rig.phone.deepgram.mend();
  Object.assign(rig.phone.deepgram.speaking, {
    firstAudioMs: 0,
    stallAfterBytes: null,
    empty: false,
    wavHeader: false,
    pace: Infinity,
    chunkBytes: 4800,
  });
});

/** Answered again as soon as the voice is well. */
async function isAnswered(caller: Caller): Promise<void> {
  await caller.say('are you well');
  await caller.hears(/You said: are you well$/);
  await caller.hangUp();
}

function expectNoLongWait(caller: Caller): void {
  expect(caller.waitedTooLong, `${caller.longestSilenceMs} ms without a sound`).toBe(false);
  expect(caller.call.isOver).toBe(false);
}

test.each([
  ['is refused', { kind: 'refuse', status: 401 }],
  ['is turned away as too many', { kind: 'refuse', status: 429 }],
  ['is never answered', { kind: 'hang' }],
] as const)('V1: a voice whose connection %s leaves nobody in silence', async (_how, fault) => {
  const { deepgram } = rig.phone;
  deepgram.failNext(...Array.from({ length: 12 }, () => ({ ...fault, on: 'speak' as const })));
  const [spoken, asked] = [deepgram.speeches.length, deepgram.handshakes];
  const caller = await rig.ring();
  // The voice was asked and did not come: it is that of this machine, whose words this test can't read.
  expect(deepgram.handshakes).toBeGreaterThan(asked);
  expect(deepgram.speeches.slice(spoken)).toEqual([]);
  expect(caller.call.wordsAtMs.length * FRAME_MS).toBeGreaterThan(300);
  expect(caller.call.isOver).toBe(false);
  deepgram.mend();
  await caller.hangUp();
  const { transcript } = await caller.log();
  // The greeting; or, while that voice is still coming up, the sentence that was spoken in advance.
  expect(transcript.at(-1)).toMatchObject({ role: 'agent', interrupted: false });
  expect(transcript.at(-1)?.['heardText']).toMatch(/^Hello\.$|something went wrong on my side/);
});

test.each([
  ['takes six seconds to begin', { firstAudioMs: 6_000 }],
  ['says nothing at all', { stallAfterBytes: 0 }],
])('V1: a voice that %s is spoken for, and apologised for in the end', async (_how, fault) => {
  const caller = await rig.ring();
  Object.assign(rig.phone.deepgram.speaking, fault);
  await caller.say('how are you');
  await caller.hears(SORRY, 30_000);
  expect(caller.heard).toMatch(/^One moment, please\./);
  expectNoLongWait(caller);
  Object.assign(rig.phone.deepgram.speaking, { firstAudioMs: 0, stallAfterBytes: null });
  await isAnswered(caller);
});

test('V2: of a sentence in which the voice breaks off no more is told than was heard', async () => {
  const caller = await rig.ring();
  rig.phone.deepgram.speaking.stallAfterBytes = 4_800;
  await caller.say(LONG);
  await caller.hears(SORRY, 30_000);
  expect(caller.heard).toMatch(/^You said: and tell me/);
  expectNoLongWait(caller);
  rig.phone.deepgram.speaking.stallAfterBytes = null;
  await caller.say('are you well');
  await caller.hears(/You said: are you well$/);
  // Not simply the last: calls that have ended are summarised by the same model.
  const asked = rig.phone.openai.chats().findLast(({ body }) => body.messages.at(-1)?.content === 'are you well')
    ?.body.messages;
  const told = (asked ?? []).filter(({ role }) => role === 'assistant').map(({ content }) => content ?? '');
  const broken = told.find((text) => text.startsWith('You said:')) ?? '';
  expect(broken).toContain('[interrupted');
  expect(broken).not.toContain('children');
  await caller.hangUp();
});

test.each([
  ['gives no audio for a text', { empty: true }, SORRY],
  ['sends the head of a file before its audio', { wavHeader: true }, /You said: hello again$/],
  ['comes in odd pieces', { chunkBytes: 333 }, /You said: hello again$/],
])('V3: a voice that %s makes no noise, and is heard or apologised for', async (_how, fault, what) => {
  const caller = await rig.ring();
  Object.assign(rig.phone.deepgram.speaking, fault);
  await caller.say('hello again');
  await caller.hears(what, 30_000);
  // Nothing but letters: a burst of noise would spell none.
  expect(caller.heard).toMatch(/^[\w ,.:?']*$/);
  expectNoLongWait(caller);
  await caller.hangUp();
});

test('V4, M15: a voice that is far ahead of its playing is silent at once when they say stop, eight times over', async () => {
  const caller = await rig.ring();
  for (let turn = 0; turn < 8; turn += 1) {
    await caller.say(LONG, 400);
    await caller.hears(/You said: and tell/);
    await pause(71 * turn);
    await caller.say('stop', 300);
    await caller.hears(/You said: stop$/);
    // What sounded of the story after they began to speak: at most the time in which a voice is told from a click.
    const stale = caller.heard.split('You said')[0] ?? '';
    expect(stale.length * 25, stale).toBeLessThan(400);
  }
  await caller.hangUp();
});
