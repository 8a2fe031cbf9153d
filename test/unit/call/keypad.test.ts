import { describe, expect, test } from 'vitest';
import { CallRoom, type Line } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';

/** The caller presses these keys, with so long between them. */
async function press(room: CallRoom, line: Line, keys: string, pauseMs = 300): Promise<void> {
  for (const key of keys) {
    line.sink.onDtmf(key);
    await room.clock.advance(pauseMs);
  }
}

/** A call in which nobody says anything by themselves. */
const quiet = { opening: { kind: 'none' } } as const;

describe('keys of the telephone', () => {
  test('are one turn that ends with #, at once', async () => {
    await using room = new CallRoom();
    const line = room.connect(quiet);
    await press(room, line, '1234');
    expect(room.store.read()).toEqual([]);
    line.sink.onDtmf('#');
    await room.clock.advance(3_000);
    expect(room.store.read()).toEqual(['caller: [keypad] 1234#', 'agent: Fine.']);
    expect(room.llm.requests[0]?.messages.at(-1)).toEqual({ role: 'user', text: '[keypad] 1234#' });
  });

  test('are a turn when no more come, and whoever looks at their card in between is waited for', async () => {
    await using room = new CallRoom();
    const line = room.connect(quiet);
    await press(room, line, '4000', 400);
    await room.clock.advance(2_400);
    await press(room, line, '12*9', 400);
    expect(room.llm.requests).toEqual([]);
    await room.clock.advance(6_000);
    expect(room.store.read()).toEqual(['caller: [keypad] 400012*9', 'agent: Fine.']);
  });

  test('one key alone is a choice, and is answered sooner', async () => {
    await using room = new CallRoom();
    const line = room.connect(quiet);
    line.sink.onDtmf('1');
    await room.clock.advance(1_900);
    expect(room.llm.requests).toEqual([]);
    await room.clock.advance(200);
    expect(room.llm.requests).toHaveLength(1);
  });

  test('stop the agent, which hears the entry out before it speaks again', async () => {
    await using room = new CallRoom();
    const line = room.connect({ opening: { kind: 'greeting', notice: null, text: 'For orders press one, or wait.' } });
    await room.clock.advance(1_000);
    line.sink.onDtmf('1');
    await room.clock.advance(100);
    const { heard } = line.stream;
    await room.clock.advance(1_500);
    expect(line.stream.heard).toBe(heard);
    await room.clock.advance(3_000);
    expect(room.store.read()).toEqual([expect.stringMatching(/^agent: .+ ~$/), 'caller: [keypad] 1', 'agent: Fine.']);
  });

  test('that are pressed while the agent thinks are part of what it answers', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 1_000 }, { text: 'Too early.' });
    const line = room.connect(quiet);
    line.sink.onText('My number is');
    await room.clock.advance(500);
    await press(room, line, '77#');
    await room.clock.advance(3_000);
    expect(room.store.read()).toEqual(['caller: My number is', 'caller: [keypad] 77#', 'agent: Fine.']);
  });

  test('do not stop the legal notice, and are answered after it', async () => {
    await using room = new CallRoom();
    const notice = 'This call is recorded.';
    const line = room.connect({ opening: { kind: 'greeting', notice, text: 'How can I help?' } });
    await room.clock.advance(500);
    await press(room, line, '5#', 100);
    await room.clock.advance(8_000);
    expect(line.stream.heard).toContain(notice);
    expect(room.store.read()).toEqual([`agent: ${notice}`, 'caller: [keypad] 5#', 'agent: Fine.']);
  });

  test('that are pressed at the end of the notice are waited for instead of greeted over', async () => {
    await using room = new CallRoom();
    const line = room.connect({ opening: { kind: 'greeting', notice: 'Recorded.', text: 'How can I help?' } });
    await room.clock.advance(300);
    await press(room, line, '123', 500);
    await room.clock.advance(6_000);
    expect(room.store.read()).toEqual(['agent: Recorded.', 'caller: [keypad] 123', 'agent: Fine.']);
  });

  test('what is said meanwhile is kept, and answered together with them', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect(quiet);
    await press(room, line, '12');
    stt.say('Wait a second.');
    await room.clock.advance(500);
    await press(room, line, '34#');
    await room.clock.advance(3_000);
    expect(room.store.read()).toEqual(['caller: Wait a second.', 'caller: [keypad] 1234#', 'agent: Fine.']);
    expect(room.llm.requests).toHaveLength(1);
  });

  test('are a sign of life: nobody who presses keys is asked whether they are there', async () => {
    await using room = new CallRoom();
    const line = room.connect(quiet);
    await room.clock.advance(7_000);
    await press(room, line, '12345', 1_900);
    await room.clock.advance(2_000);
    expect(room.store.read()[0]).toBe('caller: [keypad] 12345');
  });

  test('of a callee count as their first utterance', async () => {
    await using room = new CallRoom();
    const line = room.connect({ opening: { kind: 'callback', notice: null, instruction: 'Say why you call.' } });
    await room.clock.advance(800);
    await press(room, line, '1', 1_000);
    expect(room.store.read()).toEqual([]);
    await room.clock.advance(4_000);
    expect(room.store.read()).toEqual(['caller: [keypad] 1', 'agent: Fine.']);
  });

  test('an entry that the end of the call cuts off is kept as far as it came', async () => {
    await using room = new CallRoom();
    const line = room.connect(quiet);
    await press(room, line, '98');
    line.sink.onClosed('hung_up');
    await room.clock.advance(100);
    expect(room.store.read()).toEqual(['caller: [keypad] 98']);
  });

  test('a machine that presses on and on is answered in pieces, and holds nothing back', async () => {
    await using room = new CallRoom();
    const line = room.connect(quiet);
    await press(room, line, '5'.repeat(130), 10);
    await room.clock.advance(8_000);
    const lengths = room.store
      .read()
      .filter((turn) => turn.startsWith('caller'))
      .map((turn) => turn.length);
    expect(lengths).toEqual([81, 81, 19]);
  });

  test('never stand in the log', async () => {
    await using room = new CallRoom();
    const line = room.connect(quiet);
    await press(room, line, '271828#');
    await room.clock.advance(3_000);
    line.sink.onClosed('hung_up');
    await room.clock.advance(100);
    expect(JSON.stringify(room.log.lines)).not.toContain('271828');
  });
});
