import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChatRequest, Reply } from '../../fakes/openai-server.ts';
import { smallTalk } from '../../fakes/openai-small-talk.ts';
import { openMediaRig, type Caller, type MediaRig } from './rig.ts';

const SORRY = /something went wrong on my side\. Could you say that again\?$/;
const MOMENT = /One moment, please\./;

/** What the model does when somebody says this, each time that it is asked. */
const answers: Readonly<Record<string, (request: ChatRequest) => Reply>> = {
  'you are broken': () => ({ fault: { kind: 'status', status: 500 } }),
  'you refuse me': () => ({ fault: { kind: 'status', status: 401 } }),
  'you are busy': () => ({ fault: { kind: 'status', status: 429 } }),
  'you are full': () => ({ fault: { kind: 'status', status: 529 } }),
  'you are silent': () => ({ fault: { kind: 'silence' } }),
  'you stop in the middle': () => ({
    text: ['It is sunny today. ', 'And to', 'morrow'],
    fault: { kind: 'stall', after: 3 },
  }),
  'you are cut off': () => ({ text: ['It is sunny today. ', 'And to', 'morrow'], fault: { kind: 'cut', after: 3 } }),
  'you speak in pages': () => ({ fault: { kind: 'html' } }),
  'you stammer': () => ({ text: 'It is sunny, señor.', fault: { kind: 'byte-by-byte' } }),
  'you end twice': () => ({ text: 'It is sunny.', fault: { kind: 'done-twice' } }),
  'you call in fragments': (request) =>
    afterTools(request, { name: 'schedule_callback', arguments: '{"in_minutes": 3' }),
  'you call with words': (request) =>
    afterTools(request, { name: 'schedule_callback', arguments: { in_minutes: 'soon', reason: 'x', colour: 'red' } }),
  'you make coffee': (request) => afterTools(request, { name: 'make_coffee', arguments: {} }),
  'you call for ever': (request) =>
    request.tools === undefined
      ? { text: 'I gave up.' }
      : { toolCalls: [{ name: 'cancel_callback', arguments: { callback_id: 'none' } }] },
  'you book a lot': (request) =>
    request.messages.at(-1)?.role === 'tool'
      ? { text: 'Done.' }
      : {
          toolCalls: Array.from({ length: 20 }, () => ({
            name: 'schedule_callback',
            arguments: { in_minutes: 30, reason: 'their heating' },
          })),
        },
  'you book at no time': (request) =>
    request.messages.at(-1)?.role === 'tool'
      ? { text: 'When?' }
      : {
          toolCalls: [
            '{"in_minutes": -5, "reason": "x"}',
            '{"in_minutes": 1e309, "reason": "x"}',
            '{"in_minutes": 5256000, "reason": "x"}',
            '{"day": "2027-02-31", "time": "10:00", "reason": "x"}',
            '{"day": "tomorrow", "time": "25:00", "reason": "x"}',
            '{"day": "2020-01-01", "time": "10:00", "reason": "x"}',
            '{"in_minutes": 1764032400000, "reason": "x"}',
            '{"time": "tomorrow", "reason": "x"}',
          ].map((args) => ({ name: 'schedule_callback', arguments: args })),
        },
  'you say nothing': () => ({ text: '' }),
  'you smile only': () => ({ text: '🙂 … ***' }),
  'you never stop': () => ({ fault: { kind: 'endless' } }),
  'you lie': () => ({ text: 'I booked it for four.' }),
};

function afterTools(request: ChatRequest, call: { name: string; arguments: object | string }): Reply {
  const last = request.messages.at(-1);
  if (last?.role === 'tool') return { text: 'I am sorry, when shall I call?' };
  return { toolCalls: [call] };
}

function reply(request: ChatRequest): Reply {
  const said = request.messages.findLast(({ role }) => role === 'user')?.content ?? '';
  return answers[said]?.(request) ?? smallTalk(request);
}

let rig: MediaRig;
beforeAll(async () => {
  rig = await openMediaRig(reply);
});
afterAll(() => rig[Symbol.asyncDispose]());

/** Somebody who says this and listens until they have heard that; never in silence for three seconds, and not hung up on. */
async function ask(words: string, what: RegExp): Promise<Caller> {
  const caller = await rig.ring();
  await caller.say(words);
  await caller.hears(what);
  expect(caller.waitedTooLong, `${words}: ${caller.longestSilenceMs} ms without a sound`).toBe(false);
  expect(caller.call.isOver).toBe(false);
  return caller;
}

/** How often the model was asked while these were the last words. */
function requests(words: string): ChatRequest[] {
  return rig.phone.openai
    .chats()
    .map(({ body }) => body)
    .filter(({ messages }) => messages.findLast(({ role }) => role === 'user')?.content === words);
}

async function promises(caller: Caller): Promise<number> {
  const { items } = await rig.phone.api('GET', `/callbacks?to=${encodeURIComponent(caller.call.options.from)}`);
  return items.length;
}

test.each([
  ['you are broken', 2],
  ['you refuse me', 1],
  ['you are busy', 2],
  ['you are full', 2],
])(
  'L1: a model that answers with an error (%s) is asked %d times, apologised for, and the call goes on',
  async (words, times) => {
    const caller = await ask(words, SORRY);
    expect(requests(words)).toHaveLength(times);
    await caller.say('still there');
    await caller.hears(/You said: still there$/);
    await caller.hangUp();
  },
);

test('L2: a model that says nothing is waited for with words, and apologised for after eight seconds', async () => {
  const caller = await ask('you are silent', SORRY);
  expect(caller.heard).toMatch(MOMENT);
  expect(requests('you are silent')).toHaveLength(1);
  await caller.hangUp();
});

test.each(['you stop in the middle', 'you are cut off'])(
  'L3: of a model that breaks off (%s) what was whole is heard, then an apology',
  async (words) => {
    const caller = await ask(words, SORRY);
    expect(caller.heard).toMatch(/^It is sunny today\./);
    expect(caller.heard).not.toContain('And to');
    expect(requests(words)).toHaveLength(1);
    await caller.hangUp();
  },
);

test.each([
  ['you speak in pages', SORRY],
  ['you stammer', /^It is sunny, ?se.or\.$/],
  ['you end twice', /^It is sunny\.$/],
])('L4: a stream that is not as it should be (%s) is read as far as it makes sense', async (words, what) => {
  const caller = await ask(words, what);
  await caller.hangUp();
});

test.each(['you call in fragments', 'you call with words'])(
  'L5: a tool call that makes no sense (%s) is answered so that the model finds words, and books nothing',
  async (words) => {
    const caller = await ask(words, /when shall I call\?$/);
    const last = requests(words)
      .at(-1)
      ?.messages.findLast(({ role }) => role === 'tool');
    expect(last?.content).toContain('"ok":false');
    expect(await promises(caller)).toBe(0);
    await caller.hangUp();
  },
);

test('L6: a tool that does not exist is refused with the names of those that do', async () => {
  const caller = await ask('you make coffee', /when shall I call\?$/);
  const last = requests('you make coffee')
    .at(-1)
    ?.messages.findLast(({ role }) => role === 'tool');
  expect(last?.content).toContain('schedule_callback');
  await caller.hangUp();
});

test('L7: a model that only ever calls tools is made to speak', async () => {
  const caller = await ask('you call for ever', /I gave up\.$/);
  expect(requests('you call for ever').length).toBeLessThanOrEqual(9);
  await caller.hangUp();
});

test('L7: twenty bookings at once are one promise', async () => {
  const caller = await ask('you book a lot', /Done\.$/);
  expect(await promises(caller)).toBe(1);
  await caller.hangUp();
});

test('L8: times that are none, or too far, are refused with a sentence, and nothing is booked or dialled', async () => {
  const caller = await ask('you book at no time', /When\?$/);
  const results =
    requests('you book at no time')
      .at(-1)
      ?.messages.filter(({ role }) => role === 'tool') ?? [];
  expect(results).toHaveLength(8);
  for (const { content } of results) expect(content).toContain('"ok":false');
  expect(await promises(caller)).toBe(0);
  expect(rig.phone.twilio.dialled).toHaveLength(0);
  await caller.hangUp();
});

test.each(['you say nothing', 'you smile only'])(
  'L9: a model that has no words (%s) is apologised for',
  async (words) => {
    const caller = await ask(words, SORRY);
    await caller.hangUp();
  },
);

test('L9: a model that never stops is spoken for a bounded time, and can be stopped', async () => {
  const caller = await ask('you never stop', /.{20}/);
  await caller.say('stop');
  await caller.hears(/You said: stop$/);
  await caller.hangUp();
});

test('L10: a promise that the model only talks about is none', async () => {
  const caller = await ask('you lie', /I booked it for four\.$/);
  expect(await promises(caller)).toBe(0);
  await caller.hangUp();
});
