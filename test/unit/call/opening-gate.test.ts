import { describe, expect, test } from 'vitest';
import { OpeningGate, openingGateTimes } from '../../../src/call/opening-gate.ts';
import type { OpeningPlan } from '../../../src/call/ports.ts';
import type { MonotonicClock } from '../../../src/clock.ts';
import { RingbackError } from '../../../src/errors.ts';
import { CallRoom, type BriefingOptions } from '../../fakes/call-room.ts';
import { SimClock } from '../../support/sim-clock.ts';

const WORDS = 'Hello, it is Robin. I call you back.';
const ours = { direction: 'outbound', to: '+4915112345678', attemptId: 'attempt-1' } as const;
const opening: OpeningPlan = { kind: 'callback', notice: null, instruction: 'You call back as promised.' };
const dial: BriefingOptions = { call: ours, opening };
/** The opening of a dial begins so long after the answer; its first audio is there a moment later. */
const READY_MS = 1_500;

/** The store answers when the test says so. */
function held(room: CallRoom): { readonly asked: () => number; readonly answer: (may: boolean | Error) => void } {
  const waiting: PromiseWithResolvers<boolean>[] = [];
  room.store.beginOpening = () => {
    const answer = Promise.withResolvers<boolean>();
    waiting.push(answer);
    return answer.promise;
  };
  return {
    asked: () => waiting.length,
    answer(may) {
      const last = waiting.at(-1);
      if (may instanceof Error) last?.reject(may);
      else last?.resolve(may);
    },
  };
}

describe('on our own dial', () => {
  test('not a frame leaves before it is stored that the opening began; then all of it is heard', async () => {
    await using room = new CallRoom();
    const store = held(room);
    room.llm.answers({ text: WORDS });
    const { stream } = room.connect(dial);
    await room.clock.advance(READY_MS);
    expect(store.asked()).toBe(1);
    await room.clock.advance(600);
    expect(stream.sentAtMs).toEqual([]);
    store.answer(true);
    await room.clock.advance(0);
    expect(stream.sentAtMs[0]).toBe(READY_MS + 600);
    await room.clock.advance(4_000);
    expect(stream.heard).toBe('Hello, it is Robin.I call you back.');
    expect(store.asked()).toBe(1);
    expect(room.store.read()).toEqual([`agent: ${WORDS}`]);
  });

  test.each([
    ['the notice', { opening: { ...opening, notice: 'I am a machine.' } }],
    ['a greeting', { opening: { kind: 'greeting', notice: null, text: 'How can I help?' } }],
    ['what answers them first', { opening: { kind: 'none' }, messages: [{ role: 'user', text: 'Hello?' }] }],
  ] as const)('%s is held back like any first words', async (_what, over) => {
    await using room = new CallRoom();
    const store = held(room);
    const { stream } = room.connect({ call: ours, ...over });
    await room.clock.advance(READY_MS);
    expect(store.asked()).toBeGreaterThan(0);
    expect(stream.sentAtMs).toEqual([]);
    store.answer(true);
    await room.clock.advance(0);
    expect(stream.sentAtMs.length).toBeGreaterThan(0);
  });

  test('a message for a machine is held back as well', async () => {
    await using room = new CallRoom();
    const store = held(room);
    const { stream } = room.connect(dial);
    room.calls.leaveMessage('call-1');
    await room.clock.advance(0);
    const { stream: other } = room.connect({
      ...dial,
      id: 'call-2',
      agent: { callbackPolicy: { ...room.briefing().agent.callbackPolicy, machineMessage: 'Please call us.' } },
    });
    room.calls.leaveMessage('call-2');
    await room.clock.advance(500);
    // Without a message nothing is said, and nothing begins.
    expect([stream.closed, store.asked(), other.sentAtMs]).toEqual([1, 1, []]);
    store.answer(true);
    await room.clock.advance(3_000);
    expect(other.heard).toBe('Please call us.');
  });

  test('an attempt that is not wanted any more is hung up unheard', async () => {
    await using room = new CallRoom();
    room.store.mayOpen = false;
    const { stream } = room.connect(dial);
    await room.clock.advance(READY_MS);
    expect(stream.sentAtMs).toEqual([]);
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'error' }]);
  });

  test('what a database does not store in time is never heard, and the call is hung up', async () => {
    await using room = new CallRoom();
    room.store.away = true;
    const { stream } = room.connect(dial);
    await room.clock.advance(READY_MS + openingGateTimes.withinMs);
    expect(stream.sentAtMs).toEqual([]);
    expect(stream.closed).toBe(1);
    expect(room.log.lines.some(({ message }) => message.includes('may not be heard'))).toBe(true);
    room.store.away = false;
    await room.clock.advance(10_000);
    expect(room.store.openings).toEqual([]);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'error' }]);
  });

  test('a database that is away for a moment costs that moment', async () => {
    await using room = new CallRoom();
    room.store.away = true;
    room.llm.answers({ text: WORDS });
    const { stream } = room.connect(dial);
    await room.clock.advance(READY_MS + 1_000);
    expect(stream.sentAtMs).toEqual([]);
    room.store.away = false;
    await room.clock.advance(4_000);
    expect(stream.heard).toBe('Hello, it is Robin.I call you back.');
    expect(room.store.openings).toEqual(['attempt-1']);
  });

  test.each([
    ['breaks off', (store: ReturnType<typeof held>) => store.answer(new RingbackError('database_unavailable'))],
    ['never comes', () => undefined],
  ])('where the answer %s it is asked again, and the stored opening is heard', async (_how, lose) => {
    await using room = new CallRoom();
    const store = held(room);
    room.llm.answers({ text: WORDS });
    const { stream } = room.connect(dial);
    await room.clock.advance(READY_MS);
    lose(store);
    await room.clock.advance(openingGateTimes.answerMs);
    expect(store.asked()).toBe(2);
    store.answer(true);
    await room.clock.advance(4_000);
    expect(stream.heard).toBe('Hello, it is Robin.I call you back.');
  });

  test('they may speak before it: what was to be said first is dropped, and their answer is heard', async () => {
    await using room = new CallRoom();
    const store = held(room);
    room.llm.answers({ text: WORDS }).answers({ text: 'Yes, it is me.' });
    const { stream, sink } = room.connect(dial);
    await room.clock.advance(READY_MS);
    sink.onText('Who is there?');
    await room.clock.advance(500);
    expect(stream.sentAtMs).toEqual([]);
    store.answer(true);
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('Yes, it is me.');
    expect(store.asked()).toBe(1);
    expect(room.store.read()).toEqual(['agent:  ~', 'caller: Who is there?', 'agent: Yes, it is me.']);
  });

  test.each([
    ['goes on', 1_000, 0],
    ['is over', 200, 1],
  ])('a noise while it is held back that %s is waited for, too', async (_how, voiceMs, heard) => {
    await using room = new CallRoom();
    const store = held(room);
    const line = room.connect({ call: ours, opening: { kind: 'greeting', notice: null, text: 'How can I help?' } });
    await room.hear(line, 'silence', 300);
    await room.hear(line, 'voice', voiceMs);
    if (heard > 0) await room.hear(line, 'silence', 1_000);
    store.answer(true);
    await room.clock.advance(0);
    expect(Math.min(1, line.stream.sentAtMs.length)).toBe(heard);
    if (heard > 0) {
      await room.clock.advance(3_000);
      expect(line.stream.heard).toBe('How can I help?');
    }
  });

  test('a replica that is drained before the first word says no goodbye: they are rung again', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect(dial);
    await room.clock.advance(500);
    const drained = room.calls.drain(0);
    await room.clock.advance(10_000);
    await drained;
    expect(stream.sentAtMs).toEqual([]);
    expect(room.store.openings).toEqual([]);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'drained' }]);
  });

  test('a hang-up while it is held back leaves nothing behind', async () => {
    await using room = new CallRoom();
    const store = held(room);
    const { stream, sink } = room.connect(dial);
    await room.clock.advance(READY_MS);
    sink.onClosed('hung_up');
    store.answer(true);
    await room.clock.advance(3_000);
    expect(stream.sentAtMs).toEqual([]);
    expect(room.left()).toBe('');
  });
});

describe('nothing is held back', () => {
  test.each([
    ['on a call that they made', {}],
    ['in a stream that was opened again, once they have heard the agent', { call: ours, heardAgent: true }],
  ])('%s', async (_where, over) => {
    await using room = new CallRoom();
    room.store.away = true;
    const { stream, sink } = room.connect(over);
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('How can I help?');
    room.store.away = false;
    sink.onClosed('hung_up');
    await room.clock.advance(10_000);
    expect(room.store.openings).toEqual([]);
  });
});

test('a process that stood still hears the answers of that time before it gives up', async () => {
  const sim = new SimClock();
  let stoodMs = 0;
  const clock: MonotonicClock = {
    nowMs: () => sim.nowMs() + stoodMs,
    setTimer: (delayMs, run) => sim.setTimer(delayMs, run),
    sleep: (delayMs, signal) => sim.sleep(delayMs, signal),
  };
  const stored = Promise.withResolvers<boolean>();
  const said: string[] = [];
  using gate = new OpeningGate({
    clock,
    begin: () => stored.promise,
    onOpen: () => said.push('open'),
    onShut: (why) => said.push(why),
    guard: (run) => run(),
  });
  gate.ask();
  stoodMs = 8_000;
  await sim.advance(openingGateTimes.withinMs);
  expect(said).toEqual([]);
  stored.resolve(true);
  await sim.advance(0);
  expect(said).toEqual(['open']);
  expect(sim.pending).toBe(0);
});
