import { describe, expect, test } from 'vitest';
import { CallRoom } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';

describe('how a call ends', () => {
  test('a silent caller is asked twice whether they are there, then told goodbye', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect();
    await room.clock.advance(1_000 + 8_500);
    expect(stream.heard).toContain('Are you');
    await room.clock.advance(60_000);
    expect(stream.heard).toBe('How can I help?Are you still there?Are you still there?Thank you for calling. Goodbye.');
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'silence' }]);
    expect(stream.closed).toBe(1);
  });

  test('whoever says something is asked anew', async () => {
    await using room = new CallRoom();
    const { stream, sink } = room.connect();
    for (let round = 0; round < 4; round += 1) {
      await room.clock.advance(12_000);
      sink.onText('Hm.');
    }
    await room.clock.advance(2_000);
    expect(stream.closed).toBe(0);
  });

  test('silence is not counted while the LLM thinks, or while they speak', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 7_000 }, { text: 'Let me think. ' }, { waitMs: 3_500 }, { text: 'Well.' });
    const line = room.connect();
    await room.clock.advance(2_000);
    line.sink.onText('Think hard.');
    await room.clock.advance(16_000);
    await room.hear(line, 'voice', 4_000);
    expect(line.stream.heard).toBe(
      'How can I help?One moment, please.I am still on it.Let me think.It takes a little longer.Well.',
    );
  });

  test('a microphone that is switched off in the middle of a word does not keep the line open for ever', async () => {
    await using room = new CallRoom();
    const line = room.connect();
    await room.clock.advance(2_000);
    await room.hear(line, 'voice', 200);
    await room.clock.advance(180_000);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'silence' }]);
  });

  test('a call has a longest duration, and ends with a goodbye', async () => {
    await using room = new CallRoom();
    const { stream, sink } = room.connect({
      agent: { limits: { silencePromptSeconds: 8, silencePrompts: 2, maxCallMinutes: 0.1 } },
    });
    await room.clock.advance(5_900);
    sink.onText('And then?');
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('How can I help?Thank you for calling. Goodbye.');
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'max_duration' }]);
  });

  test('an operator ends it at once', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect();
    await room.clock.advance(500);
    expect(room.calls.end('call-1', 'operator')).toBe(true);
    expect(room.calls.count).toBe(0);
    await room.clock.advance(0);
    expect(stream.closed).toBe(1);
    await room.clock.advance(100);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'operator' }]);
    expect(room.store.read()).toEqual(['agent: How can ~']);
    expect(room.calls.end('call-1', 'operator')).toBe(false);
  });

  test('a process that is drained says goodbye first', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect();
    await room.clock.advance(2_000);
    room.calls.end('call-1', 'drained');
    await room.clock.advance(5_000);
    expect(stream.heard).toBe('How can I help?Thank you for calling. Goodbye.');
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'drained' }]);
  });

  test('a drain waits for calls to end by themselves, and only then says goodbye', async () => {
    await using room = new CallRoom();
    const short = room.connect({ id: 'a' });
    const long = room.connect({ id: 'b' });
    let drained = false;
    const drain = room.calls.drain(4_000).then(() => (drained = true));
    await room.clock.advance(2_000);
    short.sink.onClosed('hung_up');
    await room.clock.advance(1_900);
    expect(long.stream.heard).toBe('How can I help?');
    await room.clock.advance(3_000);
    await drain;
    expect(drained).toBe(true);
    expect(long.stream.heard).toBe('How can I help?Thank you for calling. Goodbye.');
    expect(room.store.ends.map(({ reason }) => reason)).toEqual(['caller_hung_up', 'drained']);
  });

  test('a drain of a process without calls takes no time', async () => {
    await using room = new CallRoom();
    await room.calls.drain(600_000);
    expect(room.clock.pending).toBe(0);
  });

  test('a goodbye that cannot be said does not hold the process', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect();
    await room.clock.advance(2_000);
    room.tts.faults.push('stall', 'stall');
    room.calls.end('call-1', 'drained');
    await room.clock.advance(5_100);
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'drained' }]);
  });

  test('a hang-up is told from a line that was lost', async () => {
    const lost: string[] = [];
    await using room = new CallRoom({ options: { lost: ({ id }) => lost.push(id) } });
    room.connect({ id: 'a' }).sink.onClosed('hung_up');
    room.connect({ id: 'b' }).sink.onClosed('lost');
    await room.clock.advance(100);
    expect(room.store.ends).toEqual([{ callId: 'a', reason: 'caller_hung_up' }]);
    expect(lost).toEqual(['b']);
  });

  test('where nobody waits for a lost line to come back the call has ended', async () => {
    await using room = new CallRoom();
    room.connect().sink.onClosed('lost');
    await room.clock.advance(100);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'caller_hung_up' }]);
  });

  test('a stream that is opened again takes the call over without greeting, and answers what was left open', async () => {
    const lost: string[] = [];
    await using room = new CallRoom({ options: { lost: ({ id }) => lost.push(id) } });
    const first = room.connect();
    await room.clock.advance(2_000);
    const second = room.connect({
      opening: { kind: 'none' },
      nextTurnIndex: 2,
      messages: [
        { role: 'system', text: 'Be kind.' },
        { role: 'user', text: 'Hello?' },
      ],
    });
    await room.clock.advance(2_000);
    expect(first.stream.closed).toBe(1);
    expect(second.stream.heard).toBe('Fine.');
    expect(room.store.turns()[2]?.text).toBe('Fine.');
    expect(room.store.ends).toEqual([]);
    expect(room.calls.count).toBe(1);
  });
});

describe('after the end', () => {
  const states: [string, (room: CallRoom, stt: ScriptedStt) => Promise<ReturnType<CallRoom['connect']>>][] = [
    [
      'while the callee is waited for',
      async (room) => room.connect({ opening: { kind: 'callback', notice: 'I am a machine.', instruction: 'Open.' } }),
    ],
    [
      'during the notice',
      async (room) => {
        const line = room.connect({ opening: { kind: 'greeting', notice: 'I am a machine.', text: 'Hello.' } });
        await room.clock.advance(300);
        return line;
      },
    ],
    [
      'while listening',
      async (room) => {
        const line = room.connect({ opening: { kind: 'none' } });
        await room.clock.advance(300);
        return line;
      },
    ],
    [
      'while the LLM thinks',
      async (room) => {
        room.llm.answers({ waitMs: 5_000 });
        const line = room.connect({ opening: { kind: 'none' } });
        line.sink.onText('Hello?');
        await room.clock.advance(300);
        expect(room.llm.running).toBe(1);
        return line;
      },
    ],
    [
      'while the agent speaks',
      async (room) => {
        const line = room.connect();
        await room.clock.advance(300);
        return line;
      },
    ],
    [
      'during the goodbye',
      async (room) => {
        const line = room.connect({ opening: { kind: 'none' } });
        room.calls.end('call-1', 'drained');
        await room.clock.advance(300);
        return line;
      },
    ],
    [
      'while the STT is being opened again',
      async (room, stt) => {
        const line = room.connect();
        stt.last.onError(new Error('lost'));
        await room.clock.advance(300);
        return line;
      },
    ],
  ];

  test.each(states)('nothing is left when they hang up %s', async (_name, reach) => {
    const stt = new ScriptedStt();
    const room = new CallRoom({ stt });
    const { stream, sink } = await reach(room, stt);
    sink.onClosed('hung_up');
    await room.clock.advance(100);
    expect(room.left()).toBe('');
    expect(room.llm.running).toBe(0);
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'caller_hung_up' }]);
    const sent = stream.sentAtMs.length;
    // Nothing that comes late does anything.
    sink.onText('Hello?');
    sink.onMark('m1');
    sink.onAudio(new Uint8Array(160));
    sink.onClosed('lost');
    await room.clock.advance(20_000);
    expect(stream.sentAtMs).toHaveLength(sent);
    expect(room.store.ends).toHaveLength(1);
    await room[Symbol.asyncDispose]();
  });

  test('two calls do not disturb each other', async () => {
    await using room = new CallRoom();
    const a = room.connect({ id: 'a' });
    const b = room.connect({ id: 'b' });
    expect(room.calls.count).toBe(2);
    await room.clock.advance(400);
    a.sink.onClosed('hung_up');
    await room.clock.advance(2_000);
    expect(b.stream.heard).toBe('How can I help?');
    b.sink.onText('Hello?');
    await room.clock.advance(2_000);
    expect(b.stream.heard).toBe('How can I help?Fine.');
    expect(room.store.read('a')).toEqual(['agent: How ~']);
  });

  test('a stop of the process ends every call, and takes no new one', async () => {
    const room = new CallRoom();
    const { stream } = room.connect();
    await room.clock.advance(300);
    const closing = room.calls[Symbol.asyncDispose]();
    await room.clock.advance(10);
    await closing;
    expect(stream.closed).toBe(1);
    expect(room.left()).toBe('');
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'drained' }]);
    expect(() => room.connect({ id: 'b' })).toThrow('stopping');
  });
});
