import { describe, expect, test } from 'vitest';
import { defineTool } from '../../../src/tools/tool.ts';
import { CallRoom } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import { vendorFailure } from '../../fakes/scripted-llm.ts';

const WISH = 'Book a table for two.';

function seemsOver(stt: ScriptedStt, text = WISH): void {
  stt.last.onInterim(text);
  stt.last.onEndOfTurn(text, true);
}

function isOver(stt: ScriptedStt, text = WISH): void {
  stt.last.onFinal(text);
  stt.last.onEndOfTurn(text, false);
}

describe('an answer that is begun before it is certain that they have finished', () => {
  test('is there when they have, and the model was asked once', async () => {
    const stt = new ScriptedStt('eager_model');
    await using room = new CallRoom({ stt });
    room.llm.answers({ waitMs: 300 }, { text: 'It is sunny today.' });
    const { stream } = room.connect({ opening: { kind: 'none' } });
    seemsOver(stt);
    await room.clock.advance(300);
    expect(stream.heard).toBe('');
    isOver(stt);
    await room.clock.advance(150);
    expect(stream.firstHeardMs).toBeLessThanOrEqual(460);
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('It is sunny today.');
    expect(room.llm.requests).toHaveLength(1);
    expect(room.store.read()).toEqual([`caller: ${WISH}`, 'agent: It is sunny today.']);
  });

  test('goes on from where it is when the model is still at it', async () => {
    const stt = new ScriptedStt('eager_model');
    await using room = new CallRoom({ stt });
    room.llm.answers({ text: 'It is sunny today. ' }, { waitMs: 400 }, { text: 'It will rain tomorrow.' });
    const { stream } = room.connect({ opening: { kind: 'none' } });
    seemsOver(stt);
    await room.clock.advance(200);
    isOver(stt);
    await room.clock.advance(6_000);
    expect(stream.heard).toBe('It is sunny today.It will rain tomorrow.');
    expect(room.llm.requests).toHaveLength(1);
  });

  test('is never heard nor stored when they go on, and the whole turn is answered anew', async () => {
    const stt = new ScriptedStt('eager_model');
    await using room = new CallRoom({ stt });
    room.llm.answers({ text: 'For how many?' }).answers({ text: 'At what time?' });
    const { stream } = room.connect({ opening: { kind: 'none' } });
    seemsOver(stt, 'Book a table.');
    await room.clock.advance(200);
    stt.last.onTurnResumed();
    isOver(stt, 'Book a table. For two, please.');
    await room.clock.advance(4_000);
    expect(stream.heard).toBe('At what time?');
    expect(room.store.read()).toEqual(['caller: Book a table. For two, please.', 'agent: At what time?']);
    expect(JSON.stringify(room.llm.requests[1]?.messages)).not.toContain('how many');
    expect(room.llm.running).toBe(0);
  });

  test('books nothing before they have finished, and once when they have', async () => {
    const stt = new ScriptedStt('eager_model');
    let booked = 0;
    const tool = defineTool({
      name: 'book_table',
      setting: 'bookTable',
      title: 'Book a table',
      summary: 'Books a table.',
      description: 'Books a table.',
      parameters: () => ({ type: 'object' }),
      parse: (input) => input,
      run: async () => {
        booked += 1;
        return { ok: true, table: 'seven' } as const;
      },
    });
    await using room = new CallRoom({ stt, tools: [tool] });
    room.llm.answers({ tool: 'book_table' }).answers({ tool: 'book_table' }).answers({ text: 'Table seven is yours.' });
    const { stream } = room.connect({ opening: { kind: 'none' } });
    seemsOver(stt, 'Book a table.');
    await room.clock.advance(500);
    stt.last.onTurnResumed();
    seemsOver(stt);
    await room.clock.advance(500);
    expect(booked).toBe(0);
    isOver(stt);
    await room.clock.advance(4_000);
    expect(booked).toBe(1);
    expect(stream.heard).toBe('Table seven is yours.');
  });

  test('is not used for other words than those that it was begun for', async () => {
    const stt = new ScriptedStt('eager_model');
    await using room = new CallRoom({ stt });
    room.llm.answers({ text: 'For two.' }).answers({ text: 'For three.' });
    const { stream } = room.connect({ opening: { kind: 'none' } });
    seemsOver(stt);
    await room.clock.advance(100);
    isOver(stt, 'Book a table for three.');
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('For three.');
  });

  test('that came to nothing is asked for again', async () => {
    const stt = new ScriptedStt('eager_model');
    await using room = new CallRoom({ stt });
    room.llm.answers({ fail: vendorFailure() }).answers({ fail: vendorFailure() }).answers({ text: 'It is sunny.' });
    const { stream } = room.connect({ opening: { kind: 'none' } });
    seemsOver(stt);
    await room.clock.advance(100);
    isOver(stt);
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('It is sunny.');
  });

  test('is begun at most three times in vain, however often they hesitate', async () => {
    const stt = new ScriptedStt('eager_model');
    await using room = new CallRoom({ stt });
    const { stream } = room.connect({ opening: { kind: 'none' } });
    for (let times = 1; times <= 6; times += 1) {
      seemsOver(stt, `${WISH} ${'Really. '.repeat(times).trim()}`);
      await room.clock.advance(100);
      stt.last.onTurnResumed();
    }
    expect(room.llm.requests).toHaveLength(3);
    isOver(stt, `${WISH} Yes.`);
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('Fine.');
    expect(room.llm.requests).toHaveLength(4);
  });

  test('is not begun for whoever is dictating, whose turn waits for more', async () => {
    const stt = new ScriptedStt('eager_model');
    await using room = new CallRoom({ stt });
    room.connect({ opening: { kind: 'none' } });
    seemsOver(stt, 'It is zero one five one');
    await room.clock.advance(300);
    expect(room.llm.requests).toEqual([]);
  });

  test('is not begun while the agent speaks', async () => {
    const stt = new ScriptedStt('eager_model');
    await using room = new CallRoom({ stt });
    room.connect();
    await room.clock.advance(300);
    seemsOver(stt, 'Yes, of course');
    await room.clock.advance(100);
    expect(room.llm.requests).toEqual([]);
  });

  test('dies with the call', async () => {
    const stt = new ScriptedStt('eager_model');
    await using room = new CallRoom({ stt });
    room.llm.answers({ hang: true });
    const { sink } = room.connect({ opening: { kind: 'none' } });
    seemsOver(stt);
    await room.clock.advance(100);
    sink.onClosed('hung_up');
    await room.clock.advance(100);
    expect(room.llm.aborted).toBe(1);
  });
});
