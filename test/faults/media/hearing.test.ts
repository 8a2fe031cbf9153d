import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { smallTalk } from '../../fakes/openai-small-talk.ts';
import { until } from '../../support/until.ts';
import { openMediaRig, type Caller, type MediaRig } from './rig.ts';

const PARDON = /I did not catch that\. Could you say it again\?$/;

let rig: MediaRig;
beforeAll(async () => {
  rig = await openMediaRig(smallTalk);
});
afterAll(() => rig[Symbol.asyncDispose]());
afterEach(() => {
  rig.phone.deepgram.mend();
  Object.assign(rig.phone.deepgram.listening, { deaf: false, finals: true, speechFinal: true, repeatFinals: false });
});

/** Their words are understood, and answered within three seconds. */
async function isUnderstood(caller: Caller, words: string): Promise<void> {
  await caller.say(words);
  await caller.hears(new RegExp(`You said: ${words}$`));
  expect(caller.waitedTooLong, `${caller.longestSilenceMs} ms without a sound`).toBe(false);
}

test.each([
  ['refused', { kind: 'refuse', status: 401 }],
  ['turned away as too many', { kind: 'refuse', status: 429 }],
  ['never answered', { kind: 'hang' }],
] as const)(
  'S1: an STT whose connection is %s asks them to say it again, and is opened again meanwhile',
  async (_how, fault) => {
    const { deepgram } = rig.phone;
    deepgram.failNext(...Array.from({ length: 12 }, () => ({ ...fault, on: 'listen' as const })));
    const before = deepgram.listens.length;
    const caller = await rig.ring();
    await caller.say('nobody hears this', 900);
    await caller.hears(PARDON);
    expect(caller.waitedTooLong, `${caller.longestSilenceMs} ms without a sound`).toBe(false);
    expect(caller.call.isOver).toBe(false);
    expect(deepgram.listens).toHaveLength(before);
    deepgram.mend();
    await until('another stream', deepgram.listen(before), 30_000);
    await isUnderstood(caller, 'and now they do');
    await caller.hangUp();
  },
);

test('S2: an STT that breaks off in the middle of a sentence costs no word of it, and doubles none', async () => {
  const { deepgram } = rig.phone;
  const caller = await rig.ring();
  const stream = deepgram.listens.at(-1);
  stream?.close(1011, 'NET-0000');
  await until('another stream', deepgram.listen(deepgram.listens.length));
  await isUnderstood(caller, 'this comes after the break');
  await caller.hangUp();
});

test('S3: an STT that hears nothing any more is replaced, and they are asked again meanwhile', async () => {
  const { deepgram } = rig.phone;
  const caller = await rig.ring();
  const before = deepgram.listens.length;
  deepgram.listening.deaf = true;
  for (let times = 0; times < 2; times += 1) {
    await caller.say('nobody hears this', 2_500);
    await caller.hears(PARDON);
    expect(caller.waitedTooLong, `${caller.longestSilenceMs} ms without a sound`).toBe(false);
  }
  await caller.say('nor this', 1_500);
  deepgram.listening.deaf = false;
  await until('another stream', deepgram.listen(before));
  await caller.hangUp();
});

test('S4: finals that are repeated, nonsense, and words out of nowhere make no second turn', async () => {
  const { deepgram } = rig.phone;
  deepgram.listening.repeatFinals = true;
  const caller = await rig.ring();
  const stream = deepgram.listens.at(-1);
  for (const nonsense of ['{', '[]', '{"type":"Results"}', '{"type":"Nobody"}', '{"type":"Results","channel":null}'])
    stream?.say(nonsense);
  await isUnderstood(caller, 'this is said once');
  expect(caller.heard).toBe('You said: this is said once');
  await caller.hangUp();
});

test('S5: words of which no final ever comes are answered once their voice has ended', async () => {
  rig.phone.deepgram.listening.finals = false;
  const caller = await rig.ring();
  await caller.say('this is never final', 1_200);
  await caller.hears(/You said: this is/);
  expect(caller.waitedTooLong, `${caller.longestSilenceMs} ms without a sound`).toBe(false);
  await caller.hangUp();
});
