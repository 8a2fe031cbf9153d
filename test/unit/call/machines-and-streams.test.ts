import { describe, expect, test } from 'vitest';
import { defaultCallbackPolicy } from '../../../src/domain/agent.ts';
import { CallRoom } from '../../fakes/call-room.ts';

const ourDial = { direction: 'outbound', attemptId: 'attempt-1' } as const;
const message = (machineMessage: string) => ({
  agent: { callbackPolicy: { ...defaultCallbackPolicy, onMachine: 'leave_message' as const, machineMessage } },
});

describe('the line is closed only once the end of the call is stored', () => {
  test('so that a carrier that asks what next is told to hang up', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect();
    await room.clock.advance(500);
    const stored = Promise.withResolvers<void>();
    room.store.ending = async (callId, reason) => {
      await stored.promise;
      room.store.endings.push({ callId, reason });
    };
    room.calls.end('call-1', 'operator');
    const heard = stream.heard;
    await room.clock.advance(300);
    expect(stream.closed).toBe(0);
    stored.resolve();
    await room.clock.advance(0);
    expect(stream.closed).toBe(1);
    expect(room.store.endings).toEqual([{ callId: 'call-1', reason: 'operator' }]);
    expect(stream.heard).toBe(heard);
  });

  test.each([
    ['does not answer', () => new Promise<void>(() => undefined), 1_000],
    ['is away', () => Promise.reject(new Error('away')), 0],
  ])('but not when the database %s', async (_what, ending, afterMs) => {
    await using room = new CallRoom();
    const { stream } = room.connect();
    await room.clock.advance(500);
    room.store.ending = ending;
    room.calls.end('call-1', 'operator');
    await room.clock.advance(afterMs);
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'operator' }]);
  });
});

describe('a machine has answered', () => {
  test('it is left the message, whole and once, and the call ends', async () => {
    await using room = new CallRoom();
    const { stream, sink } = room.connect({ ...message('Please call us. Thanks.'), call: ourDial });
    await room.clock.advance(300);
    expect(room.calls.leaveMessage('call-1')).toBe(true);
    await room.clock.advance(200);
    expect(room.calls.leaveMessage('call-1')).toBe(true);
    // A beep, or a voice in the recording, does not cut it.
    await room.hear({ stream, sink }, 'voice', 400);
    await room.clock.advance(3_000);
    expect(stream.heard).toMatch(/Please call us\. Thanks\.$/);
    expect(stream.heard.split('Please')).toHaveLength(2);
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'machine' }]);
    expect(room.store.openings).toEqual(['attempt-1']);
    expect(room.calls.leaveMessage('call-1')).toBe(false);
  });

  test('a message counts as left only once it begins to play', async () => {
    await using room = new CallRoom();
    const { sink } = room.connect({
      ...message('Please call us.'),
      call: ourDial,
      opening: { kind: 'callback', notice: null, instruction: 'Greet them.' },
    });
    room.calls.leaveMessage('call-1');
    sink.onClosed('hung_up');
    await room.clock.advance(100);
    expect(room.store.openings).toEqual([]);
  });

  test('without a message the call ends at once', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect(message('  '));
    await room.clock.advance(300);
    room.calls.leaveMessage('call-1');
    await room.clock.advance(0);
    expect(stream.closed).toBe(1);
  });
});

describe('a stream that is about to be opened again', () => {
  test('waits until the session of the old one has stored what was heard', async () => {
    await using room = new CallRoom({ options: { lost: () => undefined } });
    const { stream } = room.connect();
    await room.clock.advance(400);
    await room.calls.letGo('call-1', 0);
    expect(stream.closed).toBe(1);
    expect(room.store.read()).toEqual(['agent: How ~']);
    expect(room.calls.count).toBe(0);
  });

  test('but not longer than a moment', async () => {
    await using room = new CallRoom({ options: { lost: () => undefined } });
    room.connect();
    await room.clock.advance(400);
    room.store.away = true;
    const gone = room.calls.letGo('call-1', 0);
    await room.clock.advance(1_000);
    await gone;
    room.store.away = false;
    await room.clock.advance(5_000);
  });

  test('goes on with the answer that was cut, without greeting', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect({
      opening: { kind: 'none', cut: true },
      nextTurnIndex: 2,
      messages: [
        { role: 'user', text: 'Hello?' },
        { role: 'assistant', text: 'It was a dark and' },
      ],
    });
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('Fine.');
    expect(JSON.stringify(room.llm.requests[0]?.messages.at(-1))).toContain('Go on where you were cut off');
  });

  test('goes on from what a tool has answered', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect({
      opening: { kind: 'none' },
      nextTurnIndex: 3,
      messages: [
        { role: 'user', text: 'Call me back.' },
        { role: 'tool', toolCallId: 'a', name: 'schedule_callback', result: '{"ok":true}' },
      ],
    });
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('Fine.');
  });

  test('is not closed by word of the old one that comes late', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect({ call: { resumes: 1 } });
    await room.calls.letGo('call-1', 0);
    expect(stream.closed).toBe(0);
    expect(room.calls.count).toBe(1);
  });

  test('does not come from a carrier that never asks for one: the call has ended', async () => {
    const lost: string[] = [];
    await using room = new CallRoom({ options: { lost: ({ id }) => lost.push(id) } });
    const line = room.connect({}, { capabilities: { reopensStreams: false } });
    line.sink.onClosed('lost');
    await room.clock.advance(100);
    expect(lost).toEqual([]);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'caller_hung_up' }]);
  });
});
