import { describe, expect, test } from 'vitest';
import { CallRoom } from '../../fakes/call-room.ts';
import { vendorFailure } from '../../fakes/scripted-llm.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import type { OpeningPlan } from '../../../src/call/ports.ts';

const opening: OpeningPlan = { kind: 'callback', notice: null, instruction: 'You call back as promised.' };
const outbound = { direction: 'outbound', to: '+4915112345678', attemptId: 'attempt-1' } as const;

describe('the opening of our own dial', () => {
  test('is prepared while it rings, and begins 1.2 s after the answer of a silent callee', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 3_000 }, { text: 'Hello, it is Robin. I call you back.' });
    room.calls.prepare(room.briefing({ opening, call: outbound }), 60_000);
    await room.clock.advance(10_000);
    expect(room.tts.spoken).toEqual(['Hello, it is Robin.', 'I call you back.']);
    const { stream } = room.connect({ opening, call: outbound });
    await room.clock.advance(1_190);
    expect(stream.sentAtMs).toEqual([]);
    expect(room.store.openings).toEqual([]);
    await room.clock.advance(10);
    expect(stream.sentAtMs[0]).toBe(11_200);
    expect(room.store.openings).toEqual(['attempt-1']);
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('Hello, it is Robin.I call you back.');
    expect(room.llm.requests).toHaveLength(1);
    expect(room.llm.requests[0]?.messages.at(-1)).toEqual({ role: 'system', text: 'You call back as promised.' });
    expect(room.store.read()).toEqual(['agent: Hello, it is Robin. I call you back.']);
  });

  test('begins when the first utterance of the callee has ended, which is kept', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.llm.answers({ text: 'Hello, it is Robin.' });
    room.calls.prepare(room.briefing({ opening, call: outbound }), 60_000);
    await room.clock.advance(1_000);
    const line = room.connect({ opening, call: outbound });
    await room.hear(line, 'silence', 800);
    await room.hear(line, 'voice', 1_000);
    expect(line.stream.sentAtMs).toEqual([]);
    stt.say('Miller, hello?');
    await room.clock.advance(3_000);
    expect(line.stream.sentAtMs[0]).toBe(2_800);
    expect(line.stream.heard).toBe('Hello, it is Robin.');
    expect(room.store.read()).toEqual(['caller: Miller, hello?', 'agent: Hello, it is Robin.']);
  });

  test('without an STT it begins when the voice of the callee has ended', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'Hello, it is Robin.' });
    const line = room.connect({ opening, call: outbound });
    await room.hear(line, 'silence', 400);
    await room.hear(line, 'voice', 1_500);
    expect(line.stream.sentAtMs).toEqual([]);
    await room.hear(line, 'silence', 400);
    expect(line.stream.sentAtMs[0]).toBeLessThan(2_300);
    await room.clock.advance(2_000);
    expect(line.stream.heard).toBe('Hello, it is Robin.');
  });

  test('says the notice before the matter', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'Hello, it is Robin.' });
    const plan: OpeningPlan = { ...opening, notice: 'I am a machine.' };
    room.calls.prepare(room.briefing({ opening: plan, call: outbound }), 60_000);
    await room.clock.advance(1_000);
    const { stream } = room.connect({ opening: plan, call: outbound });
    await room.clock.advance(4_000);
    expect(stream.heard).toBe('I am a machine.Hello, it is Robin.');
    expect(stream.sentAtMs[0]).toBe(2_200);
    expect(room.store.openings).toEqual(['attempt-1']);
  });

  test('is made at the answer where nothing was prepared', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 2_000 }, { text: 'Hello, it is Robin.' });
    const { stream } = room.connect({ opening, call: outbound });
    await room.clock.advance(4_000);
    expect(stream.heard).toBe('Hello, it is Robin.');
    expect(stream.sentAtMs[0]).toBe(2_100);
  });

  test('is made anew where its preparation failed', async () => {
    await using room = new CallRoom();
    room.llm.answers({ fail: vendorFailure() }).answers({ fail: vendorFailure() }).answers({ text: 'Hello again.' });
    room.calls.prepare(room.briefing({ opening, call: outbound }), 60_000);
    await room.clock.advance(1_000);
    const { stream } = room.connect({ opening, call: outbound });
    await room.clock.advance(4_000);
    expect(stream.heard).toBe('Hello again.');
    expect(room.llm.requests.at(-1)?.messages.at(-1)).toEqual({ role: 'system', text: 'You call back as promised.' });
  });

  test('goes on with the voice of the call where the prepared audio breaks off', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'Hello, it is Robin. I call you back.' });
    room.tts.faults.push(null, 'error');
    room.calls.prepare(room.briefing({ opening, call: outbound }), 60_000);
    await room.clock.advance(1_000);
    const { stream } = room.connect({ opening, call: outbound });
    await room.clock.advance(5_000);
    expect(stream.heard).toBe('Hello, it is Robin.I call you back.');
  });

  test('is dropped, with its voice, when nobody answers', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 3_000 }, { text: 'Hello.' });
    room.calls.prepare(room.briefing({ opening, call: outbound }), 30_000);
    await room.clock.advance(1_000);
    expect(room.tts.open_).toBe(1);
    await room.clock.advance(29_000);
    expect(room.left()).toBe('');
  });

  test('can be cut by the callee, and what they heard of it is kept', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'Hello, it is Robin who calls you back.' }).answers({ text: 'Yes.' });
    const { stream, sink } = room.connect({ opening, call: outbound });
    await room.clock.advance(2_000);
    sink.onText('Who?');
    await room.clock.advance(2_000);
    expect(stream.heard.endsWith('Yes.')).toBe(true);
    expect(room.store.read()).toEqual(['agent: Hello, it is ~', 'caller: Who?', 'agent: Yes.']);
    // Why we call is still known when they ask.
    expect(room.llm.requests[1]?.messages).toEqual([
      { role: 'system', text: 'Be kind.' },
      { role: 'system', text: 'You call back as promised.' },
      { role: 'assistant', text: 'Hello, it is [interrupted by the caller]' },
      { role: 'user', text: 'Who?' },
    ]);
  });
});

describe('recording', () => {
  test('both sides are recorded at the time at which they are heard', async () => {
    await using room = new CallRoom();
    const line = room.connect({ agent: { recording: 'announce' } });
    await room.hear(line, 'silence', 2_000);
    const agent = room.recorded.filter(({ side }) => side === 'agent');
    // The voice's first byte comes after 100 ms; then frame by frame, although they are sent ahead.
    expect(agent.map(({ atMs }) => atMs).slice(0, 4)).toEqual([100, 120, 140, 160]);
    const caller = room.recorded.filter(({ side }) => side === 'caller');
    expect(caller.map(({ atMs }) => atMs).slice(0, 3)).toEqual([0, 20, 40]);
    line.sink.onClosed('hung_up');
    await room.clock.advance(100);
    expect(room.store.recordings).toEqual(['started call-1 call-1.wav', 'finished call-1 whole']);
  });

  test('an agent that does not record records nothing', async () => {
    await using room = new CallRoom();
    const line = room.connect({ agent: { recording: 'off' } });
    await room.hear(line, 'silence', 1_000);
    expect(room.recorded).toEqual([]);
    expect(room.store.recordings).toEqual([]);
  });
});
