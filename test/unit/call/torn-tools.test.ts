import { describe, expect, test } from 'vitest';
import type { Turn } from '../../../src/domain/call.ts';
import { tornCall } from '../../../src/domain/torn-call.ts';
import { defineTool, type Tool, type ToolContext } from '../../../src/tools/tool.ts';
import { CallRoom } from '../../fakes/call-room.ts';

/* A process dies over a tool call; the stream is opened again, and another session goes on with what was stored. */

const startedAt = Temporal.Instant.from('2026-11-24T12:00:00Z');

/** As they are stored, one for each line; a tool turn without a result is open. */
function stored(...turns: readonly Partial<Turn>[]): Turn[] {
  return turns.map((turn, index) => ({
    index,
    role: 'caller',
    text: '',
    heardText: turn.text ?? null,
    interrupted: false,
    startedAt,
    endedAt: turn.role === 'tool' && turn.toolResult === undefined ? null : startedAt,
    toolName: turn.role === 'tool' ? 'book_table' : null,
    toolArguments: turn.role === 'tool' ? { at: '12:00' } : null,
    toolResult: null,
    latency: null,
    ...turn,
  }));
}

function table(run: (context: ToolContext, input: unknown) => string, more: Partial<Tool> = {}): Tool {
  return defineTool({
    name: 'book_table',
    setting: 'bookTable',
    title: 'Book a table',
    summary: 'Books a table.',
    description: 'Books a table.',
    parameters: () => ({ type: 'object' }),
    parse: (input) => input,
    run: async (input, context) => ({ ok: true, table: run(context, input) }),
    ...more,
  });
}

/** The stream is opened again after these turns; what the tool was run with, and under which key. */
async function goesOn(turns: readonly Turn[], more: Partial<Tool> = {}) {
  const runs: { key: string; input: unknown }[] = [];
  const tool = table(({ key }, input) => `seven ${runs.push({ key, input })}`, more);
  const room = new CallRoom({ tools: [tool] });
  const line = room.connect({
    opening: { kind: 'none' },
    torn: tornCall(turns),
    nextTurnIndex: turns.length,
    messages: [{ role: 'user', text: 'A table, please.' }],
  });
  await room.clock.advance(2_000);
  return { room, runs, line };
}

describe('a tool call whose process died over it', () => {
  const open = stored({ text: 'A table, please.' }, { role: 'agent', text: 'One moment.' }, { role: 'tool' });

  test('is run again under its own key before the LLM is asked, and its turn gets the result', async () => {
    const { room, runs, line } = await goesOn(open);
    await using _room = room;
    expect(runs).toEqual([{ key: 'call-1:0:0', input: { at: '12:00' } }]);
    expect(room.llm.requests).toHaveLength(1);
    expect(room.llm.requests[0]?.messages.slice(-2)).toEqual([
      { role: 'assistant', text: '', toolCalls: [{ id: 'call-1:2', name: 'book_table', arguments: '{"at":"12:00"}' }] },
      { role: 'tool', toolCallId: 'call-1:2', name: 'book_table', result: '{"ok":true,"table":"seven 1"}' },
    ]);
    expect(line.stream.heard).toBe('Fine.');
    expect(room.store.turns()[2]).toMatchObject({ toolResult: { ok: true, table: 'seven 1' }, startedAt });
    expect(room.store.turns()[2]?.endedAt).not.toBeNull();
    expect(room.store.read().slice(3)).toEqual(['agent: Fine.']);
  });

  test('keeps its key where others were called before it, and those that are called next get new ones', async () => {
    const turns = [...open.slice(0, 2), ...stored({ role: 'tool', toolResult: { ok: true } }, { role: 'tool' })].map(
      (turn, index) => ({ ...turn, index }),
    );
    const { room, runs, line } = await goesOn(turns);
    await using _room = room;
    expect(runs.map(({ key }) => key)).toEqual(['call-1:0:1']);
    room.llm.answers({ tool: 'book_table' }).answers({ text: 'And another one.' });
    line.sink.onText('One more.');
    await room.clock.advance(2_000);
    expect(runs.map(({ key }) => key)).toEqual(['call-1:0:1', 'call-1:5:0']);
  });

  test('is answered for where it may have been done already and must not be done twice', async () => {
    const { room, runs } = await goesOn(open, { onceOnly: true });
    await using _room = room;
    expect(runs).toEqual([]);
    expect(JSON.stringify(room.llm.requests[0]?.messages.at(-1))).toContain('it is not known whether this was done');
    expect(room.store.turns()[2]?.toolResult).toMatchObject({ ok: false });
  });

  test('is finished where they have said something else since, and what they said is answered', async () => {
    const turns = [...open, ...stored({ text: 'Are you there?' })].map((turn, index) => ({ ...turn, index }));
    const { room, runs } = await goesOn(turns);
    await using _room = room;
    expect(runs.map(({ key }) => key)).toEqual(['call-1:0:0']);
    expect(room.llm.requests[0]?.messages.slice(-2)).toEqual([
      expect.objectContaining({ role: 'tool', result: '{"ok":true,"table":"seven 1"}' }),
      { role: 'user', text: 'Are you there?' },
    ]);
  });
});

test('a tool call that died before it was stored gets the same key when the LLM asks for it again', async () => {
  const runs: string[] = [];
  await using room = new CallRoom({ tools: [table(({ key }) => String(runs.push(key)))] });
  room.llm.answers({ tool: 'book_table' }).answers({ text: 'You have it.' });
  const turns = stored({ text: 'A table, please.' }, { role: 'agent', text: 'One moment.', interrupted: true });
  room.connect({
    opening: { kind: 'none', cut: true },
    torn: tornCall(turns),
    nextTurnIndex: 2,
    messages: [
      { role: 'user', text: 'A table, please.' },
      { role: 'assistant', text: 'One moment.' },
    ],
  });
  await room.clock.advance(2_000);
  expect(runs).toEqual(['call-1:0:0']);
});
