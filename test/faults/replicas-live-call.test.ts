import { expect, test } from 'vitest';
import type { ChatRequest, Reply } from '../fakes/openai-server.ts';
import { readAudio } from '../fakes/spoken-audio.ts';
import type { TwilioCall } from '../fakes/twilio/call.ts';
import { speak } from '../integration/twilio/world.ts';
import { slowness } from '../support/slowness.ts';
import { until } from '../support/until.ts';
import { OURS, PERSON, ReplicaWorld, talk, type Wire } from './replica-world.ts';

/* Proved against the fake Twilio; that a live account asks the `action` as fast as the fake does is not. */

const LONG = Array.from({ length: 16 }, (_, index) => `This is sentence number ${index + 1} of a long story.`).join(
  ' ',
);
const FRAME_MS = 20;
const WAIT_MS = 40_000;
const TEST_MS = 240_000;

/** Tells the long story once; asked to go on, says so. */
function storyteller(request: ChatRequest): Reply {
  const last = request.messages.at(-1)?.content ?? '';
  if (last.includes('The line broke for a moment')) return { text: 'So, as I was saying, they lived happily.' };
  return last.includes('a story') ? { text: LONG } : talk(request);
}

/** The replica that has the call's stream, and the other one. */
function whereabouts(world: ReplicaWorld): { here: string; there: string } {
  const here = world.servedLast('UPGRADE', '/carriers/twilio/media');
  if (here !== 'a' && here !== 'b') throw new Error('nobody has the stream');
  return { here, there: here === 'a' ? 'b' : 'a' };
}

/** The longest silence between two words from the `from`th frame of them on, in ms, gaps between streams included. */
function longestSilenceMs({ wordsAtMs }: TwilioCall, from: number): number {
  const gaps = wordsAtMs.slice(from).map((atMs, index, all) => atMs - (all[index - 1] ?? atMs) - FRAME_MS);
  return Math.round(Math.max(0, ...gaps));
}

function transcriptOf(call: Wire): unknown[] {
  return call.transcript.map(({ role, heardText, text, toolName }) => [role, heardText ?? toolName ?? text]);
}

/** The caller has asked for the story, and hears it. */
async function listening(world: ReplicaWorld): Promise<TwilioCall> {
  const call = await world.twilio.phone(PERSON, OURS, world.voice);
  await until('the greeting', call.quiet(), WAIT_MS);
  speak(call);
  await until('some of the story', call.said(2_000), WAIT_MS);
  return call;
}

/** The agent has gone on in another stream, and the caller still can talk to it; then they say goodbye. */
async function goesOn(world: ReplicaWorld, call: TwilioCall, from: number): Promise<Wire> {
  await until('the next stream', call.opened(2), WAIT_MS);
  await until('what follows', call.quiet(), WAIT_MS);
  const silentMs = longestSilenceMs(call, from);
  console.log(`the longest silence: ${silentMs} ms`);
  expect(silentMs).toBeLessThanOrEqual(2_000 * slowness());
  speak(call);
  await until('the answer', call.quiet(), WAIT_MS);
  speak(call);
  await until('the end', call.ended, WAIT_MS);
  expect(call.streams).toBe(2);
  return world.logOf(call.sid);
}

/** Every turn once, in order; of the story what was heard, and it goes on after that. */
function expectWhole(log: Wire): void {
  expect(transcriptOf(log)).toEqual([
    ['agent', 'Hello.'],
    ['caller', 'tell me a story'],
    ['agent', expect.stringMatching(/^This is/)],
    ['agent', 'So, as I was saying, they lived happily.'],
    ['caller', 'what a nice end'],
    ['agent', 'You said: what a nice end'],
    ['caller', 'goodbye'],
    ['agent', 'Goodbye!'],
    ['tool', 'end_call'],
  ]);
  expect(log.transcript.map(({ index }) => index)).toEqual(log.transcript.map((_, index) => index));
  const cut = log.transcript[2];
  expect(cut).toMatchObject({ text: LONG, interrupted: true });
  expect(cut?.['endedAt']).not.toBeNull();
  expect(LONG.startsWith(String(cut?.['heardText']))).toBe(true);
  expect(String(cut?.['heardText']).length).toBeLessThan(LONG.length);
  expect(log).toMatchObject({ status: 'completed', endReason: 'agent_ended' });
}

/** What the model was told when it was to go on. */
function toldToGoOn({ openai }: ReplicaWorld): (string | null)[] {
  const asked = openai.chats().find(({ body }) => body.messages.at(-1)?.content?.includes('The line broke') === true);
  const said = (asked?.body.messages ?? []).filter(({ role }) => role !== 'system');
  // The last one is the note itself.
  return said.slice(0, -1).map(({ content }) => content);
}

const story = { sentences: ['tell me a story', 'what a nice end', 'goodbye'], reply: storyteller };

test(
  'a live call outlives the stop of its replica: nobody new is taken there, it goes on to the limit, then elsewhere',
  async () => {
    await using world = await ReplicaWorld.open(['a', 'b'], { ...story, environment: { DRAIN_TIMEOUT_SECONDS: '2' } });
    const call = await listening(world);
    const { here, there } = whereabouts(world);
    const from = call.wordsAtMs.length;
    const stopped = world.replica(here).stop('SIGTERM');
    await until('the proxy to see it', world.balancer.sees(here, false), WAIT_MS);
    const ready = await fetch(`${world.replica(here).url}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('draining')]);
    // Its scheduling is with the others at once, and its call goes on.
    expect(await world.sql`select draining from replica where draining`).toHaveLength(1);
    expect(call.streams).toBe(1);
    const second = await world.twilio.phone('+12125550188', OURS, world.voice);
    await until('the stream of somebody else', second.opened(1), WAIT_MS);
    expect(world.servedLast('UPGRADE', '/carriers/twilio/media')).toBe(there);
    await second.hangUp();

    await until('the next stream', call.opened(2), WAIT_MS);
    expect(world.servedLast('UPGRADE', '/carriers/twilio/media')).toBe(there);
    expect(await stopped).toBe(0);
    const log = await goesOn(world, call, from);
    expectWhole(log);
    const heard = String(log.transcript[2]?.['heardText']);
    expect(toldToGoOn(world)).toEqual(['Hello.', 'tell me a story', heard]);
  },
  TEST_MS,
);

test(
  'a live call outlives the death of its replica: another one goes on from what was stored, without greeting',
  async () => {
    await using world = await ReplicaWorld.open(['a', 'b'], story);
    const call = await listening(world);
    const { here, there } = whereabouts(world);
    const from = call.wordsAtMs.length;
    await world.replica(here).stop('SIGKILL');
    await until('the next stream', call.opened(2), WAIT_MS);
    expect(world.servedLast('UPGRADE', '/carriers/twilio/media')).toBe(there);
    const log = await goesOn(world, call, from);
    expectWhole(log);
    // At most the last second is not known: so much is said again rather than left out.
    const heard = String(log.transcript[2]?.['heardText']);
    expect(heard).not.toBe('');
    expect(toldToGoOn(world)).toEqual(['Hello.', 'tell me a story', heard]);
  },
  TEST_MS,
);

test(
  'with nobody else there a replica that stops lets its call go on to the limit, says goodbye and hangs up',
  async () => {
    await using world = await ReplicaWorld.open(['a'], { ...story, environment: { DRAIN_TIMEOUT_SECONDS: '1' } });
    const { speaking } = world.deepgram;
    speaking.spells = true;
    const call = await listening(world);
    const stopped = world.replica('a').stop('SIGTERM');
    await until('the end of the call', call.ended, WAIT_MS);
    expect(await stopped).toBe(0);
    const heard = call.heard.filter((frame) => frame !== null);
    expect(readAudio(heard, speaking.msPerCharacter)).toMatch(/Goodbye\.$/);
    expect(call.streams).toBe(1);
    const [row] = await world.sql`select status, end_reason as reason, ended_at is not null as ended from call`;
    expect(row).toEqual({ status: 'completed', reason: 'drained', ended: true });
  },
  TEST_MS,
);
