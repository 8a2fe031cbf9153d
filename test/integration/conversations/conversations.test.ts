import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findAgent, findDefaultAgent } from '../../../db/agent-store.ts';
import { keepBuiltIns } from '../../../db/built-ins.ts';
import { openCallRecords, type CallRecords } from '../../../db/call-store.ts';
import { findFirstDial, findPromiseOf } from '../../../db/conversation-store.ts';
import { openDatabase, type Database } from '../../../db/database.ts';
import { findOrRegisterNumber, listPhoneNumbers } from '../../../db/phone-number-store.ts';
import { openCallbackStore } from '../../../db/postgres-callback-store.ts';
import { issueStreamToken, useStreamToken } from '../../../db/stream-token-store.ts';
import { bookCallback } from '../../../src/callbacks/book.ts';
import { defaultCallbackTimes, type CallbackDeps } from '../../../src/callbacks/deps.ts';
import { systemClock } from '../../../src/clock.ts';
import { briefCall } from '../../../src/conversations/brief.ts';
import type { ConversationDeps } from '../../../src/conversations/deps.ts';
import { openInboundCall } from '../../../src/conversations/inbound.ts';
import { openSummaries } from '../../../src/conversations/summarise.ts';
import type { Turn } from '../../../src/domain/call.ts';
import { unknownResult } from '../../../src/domain/torn-call.ts';
import type { Llm, LlmRequest } from '../../../src/llm/llm.ts';
import { createTestDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';
import { until } from '../../support/until.ts';

const DEAD = '00000000-0000-7000-8000-00000000dead';
const REPLICA = '00000000-0000-7000-8000-000000000001';
const LINE = 'browser:abcdefgh12345678';

let opened: AsyncDisposableStack;
let database: Database;
let records: CallRecords;
let conversations: ConversationDeps;
let callbacks: CallbackDeps;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  const { url } = opened.use(await createTestDatabase());
  database = opened.use(openDatabase({ url, clock: systemClock, log: quietLog(), migrationsFolder: null }));
  await database.ready();
  await keepBuiltIns(database, { timeZone: 'Europe/Vienna', toolSettings: ['scheduleCallback'] });
  records = openCallRecords({ database, onLostHint: () => undefined });
  const store = openCallbackStore({ database, announceWithinMs: 0, onLostHint: () => undefined });
  conversations = {
    records,
    replicaId: REPLICA,
    findAgent: (id) => findAgent(database, id),
    findDefaultAgent: () => findDefaultAgent(database),
    findOrRegisterNumber: (dialled) => findOrRegisterNumber(database, dialled),
    findCallback: (id) => store.find(id),
    findFirstDial: (callback) => findFirstDial(database, callback),
    findPromiseOf: (who) => findPromiseOf(database, who),
  };
  callbacks = {
    store,
    random: () => 0,
    carrierOf: () => ({
      reaches: (number) => number.startsWith('browser:'),
      ringsTelephone: false,
      machineDetection: false,
    }),
    allowlist: null,
    times: defaultCallbackTimes,
  };
});
afterEach(() => opened.disposeAsync());

const ring = (over: Partial<Parameters<typeof openInboundCall>[1]> = {}) => ({
  carrier: 'browser',
  carrierCallId: 'BR-1',
  from: LINE,
  to: 'browser:ringback',
  attestation: 'full' as const,
  timeZone: 'America/New_York',
  agentId: null,
  ...over,
});

async function inbound(over: Partial<Parameters<typeof openInboundCall>[1]> = {}) {
  const answer = await openInboundCall(conversations, ring(over));
  if (!answer.ok) throw new Error(answer.say);
  return answer;
}

function turn(index: number, over: Partial<Turn>): Turn {
  return {
    index,
    role: 'caller',
    text: '',
    heardText: null,
    interrupted: false,
    startedAt: Temporal.Now.instant().round('millisecond'),
    endedAt: null,
    toolName: null,
    toolArguments: null,
    toolResult: null,
    latency: null,
    ...over,
  };
}

async function promise(call: { id: string }, agentId: string) {
  const agent = await findAgent(database, agentId);
  if (agent === undefined) throw new Error('no agent');
  const { callback } = await bookCallback(callbacks, {
    agent,
    to: LINE,
    toName: null,
    reason: 'the invoice',
    when: (now) => ({ at: now.add({ minutes: 5 }), zone: 'America/New_York', zoneNamed: false }),
    originCallId: call.id,
    dialled: 'browser:ringback',
    by: 'caller',
    confirmed: false,
    override: false,
    key: null,
    body: {},
  });
  return callback;
}

describe('an inbound call', () => {
  test('that comes twice over the webhook is one call', async () => {
    const [first, second] = await Promise.all([inbound(), inbound()]);
    expect(second.call.id).toBe(first.call.id);
    expect(first.call).toMatchObject({ direction: 'inbound', status: 'ringing', from: LINE, agentId: first.agent.id });
  });

  test('to a number that nobody knows registers it, with outbound off', async () => {
    await inbound({ to: '+12025550143', carrier: 'telephone' });
    const numbers = await listPhoneNumbers(database, { limit: 10 });
    expect(numbers.find(({ number }) => number === '+12025550143')).toMatchObject({
      carrier: 'telephone',
      agentId: null,
      inboundEnabled: true,
      outboundEnabled: false,
    });
  });

  test('begins a conversation of its own, unless a promise is open', async () => {
    const first = await inbound();
    const second = await inbound({ carrierCallId: 'BR-2' });
    expect(second.call.conversationId).not.toBe(first.call.conversationId);
    await promise(first.call, first.agent.id);
    const third = await inbound({ carrierCallId: 'BR-3' });
    expect(third.call.conversationId).toBe(first.call.conversationId);
  });

  test('with a hidden number joins nothing and is remembered by nobody', async () => {
    const { call } = await inbound({ from: null });
    const { messages } = await briefCall(conversations, call);
    expect(JSON.stringify(messages)).toContain('They hide their number');
  });
});

test('a turn that Postgres could not hold is stored with a sign in the place of what is no text', async () => {
  const { call } = await inbound();
  await records.claimStream(call.id, REPLICA);
  const odd = { said: 'a\u0000b\uD800c \\u0000 😀' };
  await records.saveTurn(call.id, turn(0, { text: odd.said, role: 'tool', toolName: 'odd', toolArguments: odd }), 0);
  const [stored] = await records.turns(call.id);
  const kept = 'a\uFFFDb\uFFFDc \\u0000 😀';
  expect([stored?.text, stored?.toolArguments, stored?.toolResult]).toEqual([kept, { said: kept }, null]);
});

describe('what the agent is told', () => {
  test('is the local time of the person, and how to open', async () => {
    const { call } = await inbound();
    const briefing = await briefCall(conversations, call);
    const [system] = briefing.messages;
    expect(system?.role === 'system' && system.text).toMatch(
      /For the other person it is \w+day, \d{4}-\d\d-\d\d, \d\d:\d\d \(America\/New_York\)/,
    );
    expect(briefing.opening).toMatchObject({ kind: 'greeting', text: 'Hello, how can I help you?' });
    expect(briefing.opening.kind === 'greeting' && briefing.opening.notice).toContain('AI assistant');
    expect(briefing.nextTurnIndex).toBe(0);
  });

  test('on a callback is the earlier call as it was heard, tool calls and results included, and the promise', async () => {
    const { call, agent } = await inbound();
    await records.claimStream(call.id, REPLICA);
    await records.saveTurn(
      call.id,
      turn(0, { role: 'agent', text: 'Hello, how can I help you?', heardText: 'Hello, how' }),
    );
    await records.saveTurn(call.id, turn(1, { text: 'call me back in five minutes' }));
    await records.saveTurn(
      call.id,
      turn(2, {
        role: 'tool',
        toolName: 'schedule_callback',
        toolArguments: { in_minutes: 5 },
        toolResult: { ok: true },
      }),
    );
    await records.saveTurn(call.id, turn(3, { role: 'agent', text: 'never heard', heardText: '' }));
    const callback = await promise(call, agent.id);
    await records.end(call.id, { status: 'completed', reason: 'caller_hung_up' });

    const back = {
      ...call,
      id: callback.id,
      direction: 'outbound' as const,
      callbackId: callback.id,
      from: 'browser:ringback',
      to: LINE,
      startedAt: Temporal.Now.instant(),
    };
    const briefing = await briefCall(conversations, back);
    expect(briefing.messages.slice(2, -1)).toEqual([
      { role: 'assistant', text: 'Hello, how' },
      { role: 'user', text: 'call me back in five minutes' },
      {
        role: 'assistant',
        text: '',
        toolCalls: [{ id: `${call.id}:2`, name: 'schedule_callback', arguments: '{"in_minutes":5}' }],
      },
      { role: 'tool', toolCallId: `${call.id}:2`, name: 'schedule_callback', result: '{"ok":true}' },
    ]);
    const heading = briefing.messages.at(-1);
    expect(heading?.role === 'system' && heading.text).toMatch(/^This is another call: you are calling them back/);
    expect(briefing.opening).toMatchObject({ kind: 'callback' });
    expect(briefing.opening.kind === 'callback' && briefing.opening.instruction).toContain('Reason: the invoice');
  });

  test('leaves earlier words out where the caller may be somebody else', async () => {
    const { call, agent } = await inbound();
    await records.saveTurn(call.id, turn(0, { text: 'my secret matter' }));
    await promise(call, agent.id);
    const again = await inbound({ carrierCallId: 'BR-2', attestation: 'partial' });
    const { messages } = await briefCall(conversations, again.call);
    expect(JSON.stringify(messages)).not.toContain('my secret matter');
    expect(JSON.stringify(messages)).toContain('has a callback open with you');
  });

  test('on a stream that is opened again goes on after the last turn, without an opening', async () => {
    const { call } = await inbound();
    await records.claimStream(call.id, REPLICA);
    await records.saveTurn(call.id, turn(0, { role: 'agent', text: 'Hello', heardText: 'Hello' }));
    await records.saveTurn(call.id, turn(1, { text: 'I was saying' }));
    const briefing = await briefCall(conversations, call);
    expect(briefing.opening).toEqual({ kind: 'none', cut: false });
    expect(briefing.nextTurnIndex).toBe(2);
    expect(briefing.messages.at(-1)).toEqual({ role: 'user', text: 'I was saying' });
  });

  test('goes on with what was being said when its process died, of which it is known how far it was heard', async () => {
    const { call } = await inbound();
    await records.saveTurn(call.id, turn(0, { text: 'tell me' }));
    await records.saveTurn(
      call.id,
      turn(1, { role: 'agent', text: 'It was a dark night', heardText: 'It was', endedAt: null }),
    );
    await records.closeTurns(call.id);
    expect((await records.turns(call.id))[1]).toMatchObject({ heardText: 'It was', interrupted: true });
    expect((await records.turns(call.id))[1]?.endedAt).not.toBeNull();
    const briefing = await briefCall(conversations, call);
    expect(briefing.opening).toEqual({ kind: 'none', cut: true });
    expect(briefing.messages.at(-1)).toEqual({ role: 'assistant', text: 'It was' });
  });

  test('begins anew where nobody had heard a word of the opening', async () => {
    const { call } = await inbound();
    await records.saveTurn(call.id, turn(0, { role: 'agent', text: 'Hello', heardText: null, endedAt: null }));
    await records.closeTurns(call.id);
    const briefing = await briefCall(conversations, call);
    expect(briefing.opening).toMatchObject({ kind: 'greeting' });
    expect(briefing.nextTurnIndex).toBe(1);
  });
});

describe('a stream', () => {
  test('is let in by its token once', async () => {
    const { call } = await inbound();
    const token = await issueStreamToken(database, call.id);
    const used = await Promise.all([useStreamToken(database, token), useStreamToken(database, token)]);
    expect(used.filter((id) => id !== undefined)).toEqual([call.id]);
    expect(await useStreamToken(database, 'never issued')).toBeUndefined();
  });

  test('takes a call that nobody holds, and comes back at most as often as it may', async () => {
    const { call } = await inbound();
    const claims = await Promise.all([1, 2, 3].map(() => records.claimStream(call.id, REPLICA)));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    for (const allowed of [true, true, false]) {
      expect(await records.releaseStream(call.id, 2)).toBe(allowed);
      expect(await records.claimStream(call.id, REPLICA)).toEqual(allowed ? expect.anything() : undefined);
    }
  });
});

describe('two streams of one call that are both believed to be alive', () => {
  const at = (second: number): Temporal.Instant =>
    Temporal.Instant.from('2026-11-24T12:00:00Z').add({ seconds: second });

  test('write no turn over one another: the one that was followed only finishes what it began', async () => {
    const { call } = await inbound();
    await records.claimStream(call.id, REPLICA);
    const begun = turn(1, { role: 'agent', text: 'I was saying', startedAt: at(1), endedAt: null });
    await records.saveTurn(call.id, turn(0, { text: 'tell me', startedAt: at(0) }), 0);
    await records.saveTurn(call.id, begun, 0);
    await records.releaseStream(call.id, 3);
    // Nobody has taken the call yet: what it still has to store belongs to it.
    await records.saveTurn(call.id, turn(2, { text: 'no, wait', startedAt: at(2) }), 0);
    await records.claimStream(call.id, REPLICA);
    await records.saveTurn(call.id, turn(3, { role: 'agent', text: 'Gladly.', startedAt: at(4) }), 1);

    await records.saveTurn(call.id, { ...begun, heardText: 'I was', endedAt: at(2) }, 0);
    await records.saveTurn(call.id, turn(3, { text: 'a ghost', startedAt: at(3) }), 0);
    await records.saveTurn(call.id, turn(4, { text: 'another ghost', startedAt: at(5) }), 0);
    const stored = await records.turns(call.id);
    expect(stored.map(({ text, heardText }) => heardText ?? text)).toEqual(['tell me', 'I was', 'no, wait', 'Gladly.']);
  });
});

describe('the record of a call', () => {
  test('keeps the first reason and time of its end', async () => {
    const { call } = await inbound();
    await records.claimStream(call.id, REPLICA);
    await records.end(call.id, { status: 'completed', reason: null });
    const ended = await records.find(call.id);
    await records.end(call.id, { status: 'failed', reason: 'agent_ended' });
    await records.end(call.id, { status: 'completed', reason: 'operator' });
    expect(await records.find(call.id)).toMatchObject({
      status: 'completed',
      endReason: 'agent_ended',
      endedAt: ended?.endedAt,
    });
  });

  test('of a replica that died is ended, and one that lives is left alone', async () => {
    const { call: held } = await inbound();
    const { call: orphan } = await inbound({ carrierCallId: 'BR-2' });
    const { call: waiting } = await inbound({ carrierCallId: 'BR-3' });
    await database.sql`insert into replica (id, epoch, lease_until, version, started_at) values (${REPLICA}, 1, now() + interval '10 seconds', '0', now())`;
    await records.claimStream(held.id, REPLICA);
    await records.claimStream(orphan.id, DEAD);
    await records.recordingStarted(orphan.id, 'a-file.wav', DEAD);
    expect(await records.endAbandoned({ streamlessMs: 60_000, leaselessMs: 1_000 })).toEqual([orphan.id]);
    expect(await records.find(orphan.id)).toMatchObject({
      status: 'completed',
      endReason: 'error',
      recording: 'incomplete',
    });
    expect(await records.find(waiting.id)).toMatchObject({ endedAt: null });
    expect(await records.endAbandoned({ streamlessMs: -1_000, leaselessMs: 1_000 })).toEqual([waiting.id]);
    expect(await records.find(held.id)).toMatchObject({ endedAt: null });
  });

  test('of a replica that died is closed with what was being said and done in it', async () => {
    const { call } = await inbound();
    await records.claimStream(call.id, DEAD);
    await leftOpen(call.id);
    expect(await records.endAbandoned({ streamlessMs: 60_000, leaselessMs: 1_000 })).toEqual([call.id]);
    expect(await endsOf(call.id)).toEqual(ENDS);
    // Its end has been told.
    expect(await records.closeLeft({ leaselessMs: 0, withinMs: 60_000 })).toEqual([]);
  });

  test('that the carrier ended while its replica died is closed too, once, and its end is told', async () => {
    const { call: left } = await inbound();
    const { call: lost } = await inbound({ carrierCallId: 'BR-2' });
    const { call: closed } = await inbound({ carrierCallId: 'BR-3' });
    const { call: held } = await inbound({ carrierCallId: 'BR-4' });
    await database.sql`insert into replica (id, epoch, lease_until, version, started_at) values (${REPLICA}, 1, now() + interval '10 seconds', '0', now())`;
    for (const { id } of [left, lost, closed]) await records.claimStream(id, DEAD);
    await records.claimStream(held.id, REPLICA);
    for (const { id } of [left, lost, held]) await leftOpen(id);
    await records.saveTurn(closed.id, turn(0, { text: 'bye', endedAt: Temporal.Now.instant() }));
    await records.recordingStarted(left.id, 'a-file.wav', DEAD);
    // Its stream was to be opened again, and whoever learned of its end told it.
    await records.releaseStream(lost.id, 3);
    for (const { id } of [left, lost, closed, held])
      await records.end(id, { status: 'completed', reason: 'caller_hung_up' });

    expect(await records.closeLeft({ leaselessMs: 60_000, withinMs: 120_000 })).toEqual([]);
    const times = { leaselessMs: 0, withinMs: 60_000 };
    const found = await records.closeLeft(times);
    expect(found).toHaveLength(2);
    expect(new Map(found.map(({ id, isTold }) => [id, isTold]))).toEqual(
      new Map([
        [left.id, false],
        [lost.id, true],
      ]),
    );
    expect(await endsOf(left.id)).toEqual(ENDS);
    expect(await endsOf(lost.id)).toEqual(ENDS);
    expect(await records.find(left.id)).toMatchObject({ recording: 'incomplete', endReason: 'caller_hung_up' });
    expect((await records.turns(held.id)).map(({ endedAt }) => endedAt)).toContain(null);
    expect(await records.closeLeft(times)).toEqual([]);
  });

  /** Somebody asked for something, the agent spoke, and a tool was at work. */
  async function leftOpen(id: string): Promise<void> {
    await records.saveTurn(id, turn(0, { text: 'tell me' }));
    await records.saveTurn(
      id,
      turn(1, { role: 'agent', text: 'It was a dark night', heardText: 'It was', endedAt: null }),
    );
    await records.saveTurn(
      id,
      turn(2, { role: 'tool', toolName: 'schedule_callback', toolArguments: {}, endedAt: null }),
    );
  }

  const ENDS = [
    { heardText: null, interrupted: false, toolResult: null, isOver: true },
    { heardText: 'It was', interrupted: true, toolResult: null, isOver: true },
    { heardText: null, interrupted: false, toolResult: unknownResult, isOver: true },
  ];

  async function endsOf(id: string): Promise<unknown[]> {
    const turns = await records.turns(id);
    return turns.map(({ heardText, interrupted, toolResult, endedAt }) => ({
      heardText,
      interrupted,
      toolResult,
      isOver: endedAt !== null,
    }));
  }
});

describe('the summary', () => {
  const llm = (answer: (request: LlmRequest) => string): Llm => ({
    name: 'fake',
    models: ['fake'],
    async *answer(request) {
      yield { type: 'text', text: answer(request) };
      yield { type: 'finish', reason: 'stop' };
    },
    [Symbol.asyncDispose]: async () => undefined,
  });

  test('is asked for after the turns and stored with the call', async () => {
    const { call } = await inbound();
    await records.saveTurn(call.id, turn(0, { text: 'my heating is broken' }));
    const asked: LlmRequest[] = [];
    const summaries = opened.use(
      openSummaries({
        conversations,
        llmOf: () => ({ llm: llm((request) => (asked.push(request), ' Heating is broken. ')), model: 'small' }),
        clock: systemClock,
        log: quietLog(),
      }),
    );
    summaries.write(call.id);
    await summaries.idle();
    expect(await records.find(call.id)).toMatchObject({ summary: 'Heating is broken.' });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.model).toBe('small');
    const last = asked[0]?.messages.at(-1);
    expect(last?.role === 'system' && last.text).toMatch(/^Summarise this call/);
  });

  test('that fails leaves the call without one, and says so without a word of the call', async () => {
    const { call } = await inbound();
    await records.saveTurn(call.id, turn(0, { text: 'my heating is broken' }));
    const log = quietLog();
    const failing = llm(() => {
      throw new Error('my heating is broken');
    });
    const summaries = opened.use(
      openSummaries({ conversations, llmOf: () => ({ llm: failing, model: null }), clock: systemClock, log }),
    );
    summaries.write(call.id);
    await summaries.idle();
    expect(await records.find(call.id)).toMatchObject({ summary: null });
    expect(log.lines.map(({ message }) => message)).toEqual(['a summary could not be written']);
    expect(JSON.stringify(log.lines)).not.toContain('heating');
  });

  test('of a model that neither answers nor stops is given up, and holds nothing', async () => {
    const { call } = await inbound();
    await records.saveTurn(call.id, turn(0, { text: 'my heating is broken' }));
    const asked = Promise.withResolvers<void>();
    const deaf: Llm = {
      ...llm(() => ''),
      async *answer() {
        asked.resolve();
        await new Promise(() => undefined);
        yield { type: 'finish', reason: 'stop' };
      },
    };
    const clock = new SimClock();
    const options = { conversations, llmOf: () => ({ llm: deaf, model: null }), clock, log: quietLog() };
    const summaries = openSummaries(options);
    summaries.write(call.id);
    await until('the model to be asked', asked.promise);
    await clock.advance(30_000);
    await until('the summary to be given up', summaries.idle());
    summaries.write(call.id);
    await until('the end', summaries[Symbol.asyncDispose]());
    expect(clock.pending).toBe(0);
  });
});
