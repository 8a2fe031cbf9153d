import { describe, expect, test } from 'vitest';
import { CallRoom } from '../../fakes/call-room.ts';
import { RingbackError } from '../../../src/errors.ts';
import endCall from '../../../src/tools/end-call.ts';
import { defineTool, ToolInputError, type Tool, type ToolContext } from '../../../src/tools/tool.ts';

/** A tool that does what the test wants. */
function tool(run: (context: ToolContext, input: unknown) => Promise<{ ok: true; table: string }>): Tool {
  return defineTool({
    name: 'book_table',
    setting: 'bookTable',
    title: 'Book a table',
    summary: 'Books a table.',
    description: 'Books a table.',
    parameters: () => ({ type: 'object' }),
    parse: (input) => {
      if (typeof input === 'object' && input !== null && 'at' in input && input.at === 'noon')
        throw new ToolInputError('Noon is not a time; use HH:mm.');
      return input;
    },
    run: (input, context) => run(context, input),
  });
}

const table = tool(async () => ({ ok: true, table: 'seven' }));

async function ask(room: CallRoom, text = 'A table, please.') {
  const line = room.connect({ opening: { kind: 'none' } });
  line.sink.onText(text);
  return line;
}

describe('tools in a call', () => {
  test('a tool is called, answered, stored, and spoken about', async () => {
    const keys: string[] = [];
    await using room = new CallRoom({
      tools: [
        tool(async (context) => {
          keys.push(context.key);
          return { ok: true, table: 'seven' };
        }),
      ],
    });
    room.llm
      .answers({ text: 'One moment.' }, { tool: 'book_table', args: '{"at":"12:00"}' })
      .answers({ text: 'You have table seven.' });
    const { stream } = await ask(room);
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('One moment.You have table seven.');
    expect(room.store.read()).toEqual([
      'caller: A table, please.',
      'agent: One moment.',
      'tool: book_table {"ok":true,"table":"seven"}',
      'agent: You have table seven.',
    ]);
    expect(room.store.turns()[2]?.toolArguments).toEqual({ at: '12:00' });
    expect(keys).toEqual(['call-1:0:0']);
    expect(room.llm.requests[1]?.messages.slice(1)).toEqual([
      { role: 'user', text: 'A table, please.' },
      { role: 'assistant', text: 'One moment.' },
      { role: 'assistant', text: '', toolCalls: [{ id: 'call-1:2', name: 'book_table', arguments: '{"at":"12:00"}' }] },
      { role: 'tool', toolCallId: 'call-1:2', name: 'book_table', result: '{"ok":true,"table":"seven"}' },
    ]);
  });

  test.each([
    ['a tool that does not exist', { tool: 'fly', args: '{}' }, 'There is no such tool'],
    ['arguments that are no JSON', { tool: 'book_table', args: '{"at":' }, 'not valid JSON'],
    ['arguments that make no sense', { tool: 'book_table', args: '{"at":"noon"}' }, 'Noon is not a time'],
  ])('%s: the LLM is told, and finds words', async (_name, call, error) => {
    await using room = new CallRoom({ tools: [table] });
    room.llm.answers(call).answers({ text: 'Sorry, once more?' });
    const { stream } = await ask(room);
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('Sorry, once more?');
    expect(JSON.stringify(room.store.turns()[1]?.toolResult)).toContain(error);
    expect(JSON.stringify(room.llm.requests[1]?.messages)).toContain(error);
  });

  test('a tool that throws is answered for, and its words are not logged', async () => {
    await using room = new CallRoom({ tools: [tool(() => Promise.reject(new Error('secret of the caller')))] });
    room.llm.answers({ tool: 'book_table' }).answers({ text: 'It did not work.' });
    const { stream } = await ask(room);
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('It did not work.');
    expect(JSON.stringify(room.log.lines)).not.toContain('secret');
  });

  test.each([
    ['once', 1, 2, 'You have table seven.'],
    ['twice', 2, 2, 'It did not work.'],
  ])(
    'a tool whose database fails it %s is run again once, under the same key',
    async (_name, failures, runs, answer) => {
      const keys: string[] = [];
      const late = tool(async (context) => {
        keys.push(context.key);
        if (keys.length <= failures) throw new RingbackError('query_deadline', [3_000]);
        return { ok: true, table: 'seven' };
      });
      await using room = new CallRoom({ tools: [late] });
      room.llm.answers({ tool: 'book_table' }).answers({ text: answer });
      const { stream } = await ask(room);
      await room.clock.advance(2_000);
      expect(keys).toEqual(Array.from({ length: runs }, () => 'call-1:0:0'));
      expect(stream.heard).toBe(answer);
      expect(room.store.turns()[1]?.toolResult).toMatchObject({ ok: failures === 1 });
    },
  );

  test('a tool that must not be run twice is not run again', async () => {
    let runs = 0;
    const once: Tool = {
      ...tool(async () => {
        runs += 1;
        throw new RingbackError('database_unavailable');
      }),
      onceOnly: true,
    };
    await using room = new CallRoom({ tools: [once] });
    room.llm.answers({ tool: 'book_table' }).answers({ text: 'It did not work.' });
    const { stream } = await ask(room);
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('It did not work.');
    expect(runs).toBe(1);
  });

  test('a tool that hangs is answered for after ten seconds, and told to stop', async () => {
    let stopped = false;
    const hung = Promise.withResolvers<{ ok: true; table: string }>();
    const slow: Tool = {
      ...table,
      run: (_input, _context, { signal }) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          hung.resolve({ ok: true, table: 'late' });
        });
        return hung.promise;
      },
    };
    await using room = new CallRoom({ tools: [slow] });
    room.llm.answers({ tool: 'book_table' }).answers({ text: 'It takes too long.' });
    const { stream } = await ask(room);
    await room.clock.advance(9_900);
    expect(room.llm.requests).toHaveLength(1);
    await room.clock.advance(4_000);
    expect(stream.heard.endsWith('It takes too long.')).toBe(true);
    expect(room.store.read().at(-1)).toBe('agent: It takes too long.');
    expect(stopped).toBe(true);
  });

  test('a tool that the agent has not switched on is neither offered nor run', async () => {
    let ran = 0;
    const other = { ...tool(async () => ({ ok: true, table: String((ran += 1)) })), setting: 'somethingElse' };
    await using room = new CallRoom({ tools: [other] });
    room.llm.answers({ tool: 'book_table' }).answers({ text: 'No.' });
    await ask(room);
    await room.clock.advance(2_000);
    expect(room.llm.requests[0]?.tools).toEqual([]);
    expect(ran).toBe(0);
  });

  test('an LLM that only ever calls tools is made to speak', async () => {
    let ran = 0;
    await using room = new CallRoom({ tools: [tool(async () => ({ ok: true, table: String((ran += 1)) }))] });
    for (let round = 0; round < 8; round += 1) room.llm.answers({ waitMs: 50 }, { tool: 'book_table' });
    room.llm.answers({ text: 'Enough.' });
    const { stream } = await ask(room);
    await room.clock.advance(3_000);
    expect(ran).toBe(8);
    expect(room.llm.requests.at(-1)?.tools).toEqual([]);
    expect(stream.heard).toBe('Enough.');
  });

  test('a tool call that has begun is finished and stored although the caller cuts in, and not done twice', async () => {
    let ran = 0;
    const slow = Promise.withResolvers<{ ok: true; table: string }>();
    await using room = new CallRoom({
      tools: [
        tool(() => {
          ran += 1;
          return slow.promise;
        }),
      ],
    });
    room.llm.answers({ tool: 'book_table' }).answers({ text: 'It is booked.' });
    const { stream, sink } = await ask(room);
    await room.clock.advance(500);
    sink.onText('Are you there?');
    await room.clock.advance(500);
    expect(room.llm.requests).toHaveLength(1);
    slow.resolve({ ok: true, table: 'nine' });
    await room.clock.advance(2_000);
    expect(ran).toBe(1);
    expect(stream.heard).toBe('It is booked.');
    expect(JSON.stringify(room.llm.requests[1]?.messages)).toContain('nine');
    expect(room.store.read()).toContain('tool: book_table {"ok":true,"table":"nine"}');
  });

  test('a tool call that has begun is stored although the caller hangs up', async () => {
    const slow = Promise.withResolvers<{ ok: true; table: string }>();
    await using room = new CallRoom({ tools: [tool(() => slow.promise)] });
    room.llm.answers({ tool: 'book_table' });
    const { sink } = await ask(room);
    await room.clock.advance(500);
    sink.onClosed('hung_up');
    await room.clock.advance(500);
    expect(room.store.ends).toEqual([]);
    slow.resolve({ ok: true, table: 'nine' });
    await room.clock.advance(100);
    expect(room.store.read()).toContain('tool: book_table {"ok":true,"table":"nine"}');
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'caller_hung_up' }]);
  });

  test('two calls in answer to one turn have keys of their own; the next turn has others', async () => {
    const keys: string[] = [];
    await using room = new CallRoom({
      tools: [
        tool(async (context) => {
          keys.push(context.key);
          return { ok: true, table: 'x' };
        }),
      ],
    });
    room.llm
      .answers({ tool: 'book_table' }, { tool: 'book_table' })
      .answers({ text: 'Both.' })
      .answers({ tool: 'book_table' })
      .answers({ text: 'Again.' });
    const { sink } = await ask(room);
    await room.clock.advance(2_000);
    sink.onText('Again!');
    await room.clock.advance(2_000);
    expect(keys).toEqual(['call-1:0:0', 'call-1:0:1', 'call-1:4:0']);
  });
});

describe('end_call', () => {
  test('hangs up only after the goodbye has been heard', async () => {
    await using room = new CallRoom({ tools: [endCall] });
    room.llm.answers({ text: 'Goodbye, take care.' }, { tool: 'end_call' });
    const { stream } = await ask(room, 'Bye.');
    await room.clock.advance(900);
    expect(stream.closed).toBe(0);
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('Goodbye, take care.');
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'agent_ended' }]);
    // The goodbye was said; nothing more was asked of the LLM.
    expect(room.llm.requests).toHaveLength(1);
  });

  test('without words before it, the words after it are heard first', async () => {
    await using room = new CallRoom({ tools: [endCall] });
    room.llm.answers({ tool: 'end_call' }).answers({ text: 'Bye then.' });
    const { stream } = await ask(room, 'Bye.');
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('Bye then.');
    expect(stream.closed).toBe(1);
  });

  test('a mark that never comes back does not keep the line open', async () => {
    await using room = new CallRoom({ tools: [endCall] });
    room.llm.answers({ text: 'Goodbye, take care.' }, { tool: 'end_call' });
    const line = room.connect({ opening: { kind: 'none' } }, { returnsMarks: false });
    line.sink.onText('Bye.');
    await room.clock.advance(4_000);
    expect(line.stream.heard).toBe('Goodbye, take care.');
    expect(line.stream.closed).toBe(1);
  });

  test('words of the caller during the goodbye keep them on the line', async () => {
    await using room = new CallRoom({ tools: [endCall] });
    room.llm.answers({ text: 'Goodbye, take care.' }, { tool: 'end_call' }).answers({ text: 'Yes?' });
    const { stream, sink } = await ask(room, 'Bye.');
    await room.clock.advance(600);
    sink.onText('Wait, one more thing.');
    await room.clock.advance(3_000);
    expect(stream.closed).toBe(0);
    expect(stream.heard.endsWith('Yes?')).toBe(true);
  });

  test('of an answer that was cut while another tool ran does not end the one that follows', async () => {
    const slow = Promise.withResolvers<{ ok: true; table: string }>();
    await using room = new CallRoom({ tools: [tool(() => slow.promise), endCall] });
    room.llm.answers({ tool: 'book_table' }, { tool: 'end_call' }).answers({ text: 'Yes, what is it?' });
    const { stream, sink } = await ask(room, 'Book it. Bye.');
    await room.clock.advance(500);
    sink.onText('Wait, one more thing.');
    await room.clock.advance(500);
    slow.resolve({ ok: true, table: 'nine' });
    await room.clock.advance(4_000);
    expect(stream.heard).toBe('Yes, what is it?');
    expect(stream.closed).toBe(0);
  });

  test('a noise during the goodbye changes nothing', async () => {
    await using room = new CallRoom({ tools: [endCall] });
    room.llm.answers({ text: 'Goodbye, take care.' }, { tool: 'end_call' });
    const line = await ask(room, 'Bye.');
    await room.clock.advance(300);
    await room.hear(line, 'voice', 400);
    await room.clock.advance(3_000);
    expect(line.stream.heard).toBe('Goodbye, take care.');
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'agent_ended' }]);
  });
});
