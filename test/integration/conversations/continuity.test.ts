import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { briefCall } from '../../../src/conversations/brief.ts';
import { openInboundCall } from '../../../src/conversations/inbound.ts';
import type { Call, Turn } from '../../../src/domain/call.ts';
import type { LlmMessage } from '../../../src/llm/llm.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { PhoneLine } from './phone-line.ts';

let world: CallbackWorld;
let line: PhoneLine;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  line = new PhoneLine(world);
});
afterEach(async () => {
  await line[Symbol.asyncDispose]();
  await world.checkInvariants();
});

type Agent = Awaited<ReturnType<CallbackWorld['agent']>>;

async function inbound(agent: Agent, from: string, attestation: Call['attestation'] = 'full'): Promise<Call> {
  const answer = await openInboundCall(line.conversations, {
    carrier: 'phone',
    carrierCallId: `CA${uuidv7()}`,
    from,
    to: agent.ownNumber,
    attestation,
    timeZone: null,
    agentId: null,
  });
  if (!answer.ok) throw new Error(answer.say);
  return answer.call;
}

/** An inbound call of theirs that is over, in which these words were said, the last of them by whom `role` says. */
async function spoke(
  agent: Agent,
  from: string,
  words: readonly string[],
  summary: string | null = null,
): Promise<Call> {
  const call = await inbound(agent, from);
  for (const [index, text] of words.entries()) await line.records.saveTurn(call.id, said(index, text));
  await line.records.end(call.id, { status: 'completed', reason: 'caller_hung_up' });
  if (summary !== null) await line.records.saveSummary(call.id, summary);
  return call;
}

function said(index: number, text: string): Turn {
  return {
    index,
    role: 'caller',
    text,
    heardText: null,
    interrupted: false,
    startedAt: Temporal.Now.instant().round('millisecond'),
    endedAt: null,
    toolName: null,
    toolArguments: null,
    toolResult: null,
    latency: null,
  };
}

/** A promise in the conversation of that call. */
async function promise(agent: Agent, call: Call, over: Parameters<CallbackWorld['book']>[2] = {}) {
  const { callback } = await world.book(agent, call.from ?? '', { originCallId: call.id, by: 'caller', ...over });
  return callback;
}

const textOf = (messages: readonly LlmMessage[]): string =>
  messages.map((message) => ('text' in message ? `${message.role}: ${message.text}` : '')).join('\n');
const brief = async (call: Call) => textOf((await briefCall(line.conversations, call)).messages);
const inAnHour = { when: (now: Temporal.Instant) => ({ at: now.add({ hours: 1 }), zone: 'UTC', zoneNamed: false }) };

describe('the words of earlier calls', () => {
  test('end where this call begins', async () => {
    const agent = await world.agent();
    const person = world.person();
    await promise(agent, await spoke(agent, person, ['call me back sometime']), inAnHour);
    const told = await brief(await inbound(agent, person));
    expect(told.indexOf('user: call me back sometime')).toBeLessThan(told.indexOf('This is another call'));
    expect(told.indexOf('This is another call')).toBeLessThan(told.indexOf('This person has a callback open'));
  });

  test('are not displaced by dials that nobody answered', async () => {
    const agent = await world.agent({ policy: { retryDelaysMinutes: { noAnswer: [0], busy: [0], machine: [0] } } });
    const person = world.person();
    const first = await spoke(agent, person, ['my boiler is broken']);
    const callback = await promise(agent, first);
    await world.database.sql`update call set ended_at = ended_at - interval '1 minute' where id = ${first.id}::uuid`;
    for (let dials = 0; dials < 2; dials += 1) {
      const { attempt } = await world.dial(callback.id);
      await settleAttempt(world.deps, attempt.id, { kind: 'ringing' }, { carrierCallId: `CA${attempt.id}` });
      await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'no_answer' });
    }
    const told = await brief(await inbound(agent, person));
    expect(told).toContain('user: my boiler is broken');
  });

  test('of the last two are given whole, of those before as summaries, within the budget', async () => {
    const agent = await world.agent();
    const person = world.person();
    const oldest = await spoke(agent, person, ['the oldest words'], 'They asked for the price.');
    await promise(agent, oldest, inAnHour);
    await spoke(agent, person, ['x'.repeat(11_000), 'too much'], 'They talked a great deal.');
    await spoke(agent, person, ['y'.repeat(6_000), 'and the last word']);
    const told = await brief(await inbound(agent, person));
    expect(told).toContain('Summary: They asked for the price.');
    expect(told).not.toContain('the oldest words');
    expect(told).toContain('user: and the last word');
    // Of the one that does not fit, the newest words and what is left out in short.
    expect(told).toContain('user: too much');
    expect(told).toContain('Summary: They talked a great deal.');
    expect(told.length).toBeLessThan(16_000);
  });
});

describe('the promise of somebody who rings first', () => {
  test('comes with its time, its reason, and the earlier call in short, also where the caller may be another', async () => {
    const agent = await world.agent();
    const person = world.person();
    const callback = await promise(
      agent,
      await spoke(agent, person, ['secret words'], 'It was about a boiler.'),
      inAnHour,
    );
    for (const attestation of ['full', 'none'] as const) {
      const told = await brief(await inbound(agent, person, attestation));
      expect(told).toContain(`callback_id ${callback.id}`);
      expect(told).toMatch(/It is due \d{4}-\d\d-\d\d \d\d:\d\d \(America\/New_York\)/);
      expect(told).toContain('Reason: the invoice');
      expect(told).toContain('The earlier call in short: It was about a boiler.');
      expect(told.includes('secret words')).toBe(attestation === 'full');
    }
  });

  test('names only tools that the agent has', async () => {
    const agent = await world.agent({ over: { tools: { rescheduleCallback: false, cancelCallback: false } } });
    const person = world.person();
    await promise(agent, await spoke(agent, person, ['hello']), inAnHour);
    expect(await brief(await inbound(agent, person))).not.toMatch(/reschedule_callback|cancel_callback/);
  });

  test('that is being dialled says that nothing can be changed', async () => {
    const agent = await world.agent();
    const { callback } = await world.book(agent, world.person());
    await world.dial(callback.id);
    expect(await brief(await inbound(agent, callback.to))).toContain('is being dialled at this very moment');
  });

  test('was dialled long ago, or never: the call is a conversation of its own', async () => {
    const agent = await world.agent();
    const { callback } = await world.book(agent, world.person());
    const { attempt } = await world.dial(callback.id);
    await settleAttempt(world.deps, attempt.id, { kind: 'answered' });
    await settleAttempt(world.deps, attempt.id, { kind: 'opening' });
    await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'hung_up' });
    expect((await inbound(agent, callback.to)).conversationId).toBe(callback.conversationId);
    await world.database
      .sql`update attempt set started_at = now() - interval '25 hours' where id = ${attempt.id}::uuid`;
    expect((await inbound(agent, callback.to)).conversationId).not.toBe(callback.conversationId);
  });

  test('that a last look ended without a dial is nothing to come back to', async () => {
    const agent = await world.agent({ outbound: false });
    const { callback } = await world.book(agent, world.person());
    expect(await world.claim(callback.id)).toMatchObject({ do: 'rest', why: 'fail' });
    expect((await inbound(agent, callback.to)).conversationId).not.toBe(callback.conversationId);
  });
});

describe('our own dial', () => {
  async function opening(dueMinutesAgo: number, dialledMinutesAgo: number | null, toName: string | null = null) {
    const agent = await world.agent({ policy: { retryDelaysMinutes: { noAnswer: [0], busy: [0], machine: [0] } } });
    const { callback } = await world.book(agent, world.person(), { toName });
    await world.database.sql`
      update callback set due_at = due_at - make_interval(mins => ${dueMinutesAgo}) where id = ${callback.id}::uuid`;
    if (dialledMinutesAgo !== null) {
      const first = await world.dial(callback.id);
      await settleAttempt(world.deps, first.attempt.id, { kind: 'ended', end: 'no_answer' });
      await world.database.sql`
        update attempt set started_at = started_at - make_interval(mins => ${dialledMinutesAgo})
        where id = ${first.attempt.id}::uuid`;
    }
    const { attempt } = await world.dial(callback.id);
    await settleAttempt(world.deps, attempt.id, { kind: 'answered' }, { carrierCallId: `CA${attempt.id}` });
    const call = await line.records.find(attempt.callId);
    if (call === undefined) throw new Error('no call');
    const briefing = await briefCall(line.conversations, call);
    return briefing.opening.kind === 'callback' ? briefing.opening.instruction : '';
  }

  test.each([
    ['on time', 5, null, undefined],
    ['late', 40, null, 'Late by: 40 minutes'],
    ['a retry after a first dial on time', 40, 39, undefined],
    ['a retry after a first dial that was late', 60, 20, 'Late by: 60 minutes'],
  ])('%s: it admits that it is late only where it is', async (_how, due, dialled, admission) => {
    const told = await opening(due, dialled);
    expect(/^Late by: .*$/m.exec(told)?.[0]).toBe(admission);
  });

  test('asks for the person before the matter, by their name where it is known', async () => {
    expect(await opening(0, null, 'Anna')).toMatch(
      /^Name: Anna$[^]*ask whether you speak with the person named; mention the matter only once/m,
    );
    expect(await opening(0, null)).toMatch(
      /ask whether you speak with the person who asked for this call; mention the matter only once/,
    );
  });
});

test('the zone of a caller’s number is no zone that they told: a wish is read in all that it may be', async () => {
  const agent = await world.agent();
  const known = await briefCall(line.conversations, await inbound(agent, world.person()));
  expect(known.call.timeZone).toBeNull();
});

test('an agent that was made before a tool was has the tool, unless it was switched off', async () => {
  const agent = await world.agent({ over: { tools: { scheduleCallback: true, cancelCallback: false } } });
  expect((await line.conversations.findAgent(agent.id))?.tools).toEqual({
    scheduleCallback: true,
    rescheduleCallback: true,
    cancelCallback: false,
    endCall: true,
    doNotCall: true,
  });
});
