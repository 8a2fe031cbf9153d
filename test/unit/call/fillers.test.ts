import { describe, expect, test } from 'vitest';
import { defineTool, type Tool } from '../../../src/tools/tool.ts';
import { CallRoom } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';

const MOMENT = 'One moment, please.';

function ask(room: CallRoom, text = 'And now?') {
  const line = room.connect({ opening: { kind: 'none' } });
  line.sink.onText(text);
  return line;
}

function slowTool(room: CallRoom, ms: number): Tool {
  return defineTool({
    name: 'book_table',
    setting: 'bookTable',
    title: 'Book a table',
    summary: 'Books a table.',
    description: 'Books a table.',
    parameters: () => ({ type: 'object' }),
    parse: (input) => input,
    run: async (_input, _context, { signal }) => {
      await room.clock.sleep(ms, signal);
      return { ok: true, table: 'seven' } as const;
    },
  });
}

describe('a model that is slow', () => {
  test('is spoken for before three seconds are over, and what is said is no part of the answer', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 5_000 }, { text: 'It is sunny today.' });
    const { stream, sink } = ask(room);
    await room.clock.advance(9_000);
    expect(stream.heard).toBe(`${MOMENT}It is sunny today.`);
    expect(stream.firstHeardMs).toBeLessThan(3_000);
    expect(stream.longestSilenceMs(0)).toBeLessThan(3_000);
    expect(room.store.read()).toEqual(['caller: And now?', 'agent: It is sunny today.']);
    sink.onText('Thanks.');
    await room.clock.advance(500);
    expect(JSON.stringify(room.llm.requests.at(-1)?.messages)).not.toContain('moment');
    // How long the answer itself took.
    expect(room.store.turns()[1]?.latency?.totalMs).toBe(5_100);
  });

  test('and answers just then is not: the sentence is dropped before it sounds', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 2_450 }, { text: 'It is sunny today.' });
    const { stream } = ask(room);
    await room.clock.advance(5_000);
    expect(stream.heard).toBe('It is sunny today.');
  });

  test('and answers just then is known by its words, should the line send them back', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.llm.answers({ waitMs: 2_450 }, { text: 'It is sunny today and it will rain tomorrow.' });
    const { stream } = ask(room);
    await room.clock.advance(3_600);
    stt.say('it is sunny today');
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('It is sunny today and it will rain tomorrow.');
    expect(room.llm.requests).toHaveLength(1);
  });

  test('and answers while the sentence sounds follows it, whole', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 2_800 }, { text: 'It is sunny today.' });
    const { stream } = ask(room);
    await room.clock.advance(6_000);
    expect(stream.heard).toBe(`${MOMENT}It is sunny today.`);
  });

  test.each([2_000, 2_399])('for %d ms is waited for in silence', async (waitMs) => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs }, { text: 'It is sunny today.' });
    const { stream } = ask(room);
    await room.clock.advance(6_000);
    expect(stream.heard).toBe('It is sunny today.');
  });

  test('in the middle of its answer is spoken for as well', async () => {
    await using room = new CallRoom();
    room.llm.answers(
      { text: 'Let me have a look. ' },
      { waitMs: 3_900 },
      { text: 'It is sunny. ' },
      { text: 'And warm.' },
    );
    const { stream } = ask(room);
    await room.clock.advance(10_000);
    expect(stream.heard).toBe(`Let me have a look.${MOMENT}It is sunny.And warm.`);
    expect(room.store.read().at(-1)).toBe('agent: Let me have a look. It is sunny. And warm.');
    expect(stream.longestSilenceMs(0)).toBeLessThan(3_000);
  });

  test('can be interrupted while the sentence sounds, and nothing is stored of it', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 6_000 }, { text: 'Never heard.' }).answers({ text: 'Gladly.' });
    const { stream, sink } = ask(room);
    await room.clock.advance(2_900);
    sink.onText('Never mind, something else.');
    await room.clock.advance(3_000);
    expect(stream.heard).toMatch(/^One mom.{0,3}Gladly\.$/);
    expect(room.store.read()).toEqual(['caller: And now?', 'caller: Never mind, something else.', 'agent: Gladly.']);
  });

  test('is answered all the same where the voice fails at the sentence', async () => {
    await using room = new CallRoom();
    room.tts.faults.push('error');
    room.llm.answers({ waitMs: 3_500 }, { text: 'It is sunny today.' });
    const { stream } = ask(room);
    await room.clock.advance(6_000);
    expect(stream.heard).toBe('It is sunny today.');
    expect(room.tts.opened).toBe(1);
  });

  test('is spoken for in the first words of a call of ours as well: whoever picks up a silent telephone hangs up', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 5_000 }, { text: 'Hello, it is Robin.' });
    const { stream } = room.connect({ opening: { kind: 'callback', notice: null, instruction: 'Open.' } });
    await room.clock.advance(9_000);
    expect(stream.heard).toBe(`${MOMENT}Hello, it is Robin.`);
  });

  test('hears a cough during the sentence, and the sentence goes on', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 5_000 }, { text: 'It is sunny today.' });
    const line = ask(room);
    await room.hear(line, 'silence', 2_900);
    await room.hear(line, 'voice', 200);
    await room.hear(line, 'silence', 8_000);
    expect(line.stream.heard).toMatch(/^One mo?m?e?n?t? ?(moment|One moment), please\.It is sunny today\.$/);
  });
});

describe('a tool that is slow', () => {
  test('never leaves them in silence for three seconds, and no sentence is said twice', async () => {
    const tools: Tool[] = [];
    await using room = new CallRoom({ tools });
    tools.push(slowTool(room, 9_500));
    room.llm.answers({ text: 'Let me look it up.' }, { tool: 'book_table' }).answers({ text: 'You have table seven.' });
    const { stream } = ask(room);
    await room.clock.advance(14_000);
    expect(stream.heard).toBe(`Let me look it up.${MOMENT}I am still on it.You have table seven.`);
    expect(stream.longestSilenceMs(0)).toBeLessThan(3_000);
    expect(room.store.read().slice(1)).toEqual([
      'agent: Let me look it up.',
      'tool: book_table {"ok":true,"table":"seven"}',
      'agent: You have table seven.',
    ]);
  });
});
