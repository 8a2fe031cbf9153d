import { describe, expect, test } from 'vitest';
import { defineTool } from '../../../src/tools/tool.ts';
import { CallRoom } from '../../fakes/call-room.ts';
import { vendorFailure } from '../../fakes/scripted-llm.ts';
import { ScriptedTts } from '../../fakes/scripted-tts.ts';

const LONGEST_SILENCE_MS = 3_000;
const SORRY = 'I am sorry, something went wrong on my side. Could you say that again?';

/** A room whose agent has its sentences spoken in advance, and a voice of the machine to fall back to. */
function openRoom(): { room: CallRoom; spare: ScriptedTts } {
  const tools = [
    defineTool({
      name: 'book_table',
      setting: 'bookTable',
      title: 'Book a table',
      summary: 'Books a table.',
      description: 'Books a table.',
      parameters: () => ({ type: 'object' }),
      parse: (input) => input,
      run: async (_input, _context, { signal }) => {
        await room.clock.sleep(9_900, signal);
        return { ok: true, table: 'seven' } as const;
      },
    }),
  ];
  const room: CallRoom = new CallRoom({ tools, options: { spareVoice: async () => spare } });
  const spare = new ScriptedTts(room.clock);
  return { room, spare };
}

/** One call that has been going on for a moment: what is spoken in advance is there. */
async function begin(room: CallRoom) {
  const limits = { silencePromptSeconds: 600, silencePrompts: 2, maxCallMinutes: 30 };
  const line = room.connect({ opening: { kind: 'none' }, agent: { limits } });
  await room.clock.advance(5_000);
  return line;
}

describe('whoever waits for an answer is never left in silence for three seconds', () => {
  /** What goes wrong, and what they hear in the end. */
  const slow: readonly (readonly [string, string, (room: CallRoom) => void])[] = [
    ['the model says nothing at all', SORRY, ({ llm }) => void llm.answers({ hang: true })],
    [
      'the model stops in the middle',
      SORRY,
      ({ llm }) => void llm.answers({ text: 'It is sunny today. And to' }, { hang: true }),
    ],
    [
      'the model fails late, twice',
      SORRY,
      ({ llm }) => {
        llm.answers({ waitMs: 2_000 }, { fail: vendorFailure() });
        llm.answers({ waitMs: 2_000 }, { fail: vendorFailure() });
      },
    ],
    [
      'the model, a tool and the model again are slow',
      'You have table seven.',
      ({ llm }) => {
        llm.answers({ waitMs: 7_000 }, { tool: 'book_table' });
        llm.answers({ waitMs: 7_500 }, { text: 'You have table seven.' });
      },
    ],
    [
      'the voice says nothing at all, again and again',
      SORRY,
      ({ tts }) => void tts.faults.push('stall', 'stall', 'stall', 'stall'),
    ],
    ['the voice takes five seconds for a sentence', 'Fine.', ({ tts }) => void (tts.firstByteMs = 5_000)],
    [
      'the voice stops in the middle of a sentence, and then again',
      SORRY,
      ({ tts, llm }) => {
        llm.answers({ text: 'The first sentence is this. The second one is that.' });
        tts.faults.push(null, 'half_then_stall', 'stall');
      },
    ],
    ['the voice fails again and again', SORRY, ({ tts }) => void tts.faults.push('error', 'error', 'error', 'error')],
    [
      'the model is slow, and then the voice',
      'It is sunny today.',
      ({ llm, tts }) => {
        llm.answers({ waitMs: 2_500 }, { text: 'It is sunny today.' });
        tts.firstByteMs = 2_800;
      },
    ],
  ];

  test.each(slow)('where %s', async (_what, end, breaks) => {
    const { room } = openRoom();
    await using _ = room;
    const { stream, sink } = await begin(room);
    breaks(room);
    const askedMs = room.clock.nowMs();
    sink.onText('Hello?');
    await room.clock.advance(60_000);
    expect(stream.heard.endsWith(end)).toBe(true);
    expect(stream.longestSilenceMs(askedMs)).toBeLessThan(LONGEST_SILENCE_MS);
    expect(stream.closed).toBe(0);
  });
});

describe('a voice that never comes up', () => {
  test('is stood in for by the one of this machine, in what has to be said', async () => {
    const { room, spare } = openRoom();
    await using _ = room;
    room.tts.faults.push(...Array.from({ length: 12 }, () => 'stall' as const));
    const { stream, sink } = room.connect();
    await room.clock.advance(5_000);
    expect(stream.heard).toBe('How can I help?');
    expect(stream.longestSilenceMs(0)).toBeLessThan(LONGEST_SILENCE_MS);
    sink.onText('Hello?');
    await room.clock.advance(20_000);
    expect(stream.heard.endsWith(SORRY)).toBe(true);
    expect(spare.spoken).toContain(SORRY);
    expect(stream.closed).toBe(0);
  });

  test('does not keep a legal notice from being said, nor what follows it', async () => {
    const { room } = openRoom();
    await using _ = room;
    room.tts.faults.push(...Array.from({ length: 12 }, () => 'error' as const));
    const { stream } = room.connect({ opening: { kind: 'greeting', notice: 'I am an AI.', text: 'Hello there.' } });
    await room.clock.advance(5_000);
    expect(stream.heard).toBe('I am an AI.Hello there.');
    expect(stream.closed).toBe(0);
  });

  test('is tried again by a later call, and is not spoken in advance a second time once it was', async () => {
    const { room } = openRoom();
    await using _ = room;
    room.tts.faults.push('error');
    room.connect({ id: 'a', opening: { kind: 'none' } });
    await room.clock.advance(5_000);
    expect(room.tts.spoken).toEqual([]);
    room.connect({ id: 'b', opening: { kind: 'none' } });
    await room.clock.advance(5_000);
    expect(room.tts.spoken).toEqual([]);
    await room.clock.advance(30_000);
    for (const id of ['c', 'd']) {
      room.connect({ id, opening: { kind: 'none' } });
      await room.clock.advance(1_500);
    }
    expect(room.tts.spoken.filter((sentence) => sentence === SORRY)).toHaveLength(1);
  });
});

test('a voice of this machine that could not come up for one call is there for a later one', async () => {
  let asked = 0;
  const spareVoice = async (): Promise<ScriptedTts | null> => ((asked += 1) === 1 ? null : spare);
  await using room = new CallRoom({ options: { spareVoice } });
  const spare = new ScriptedTts(room.clock);
  room.connect({ id: 'a', opening: { kind: 'none' } });
  await room.clock.advance(40_000);
  room.connect({ id: 'b', opening: { kind: 'none' } });
  await room.clock.advance(5_000);
  room.tts.faults.push(...Array.from({ length: 12 }, () => 'stall' as const));
  const { stream } = room.connect({ id: 'c' });
  await room.clock.advance(5_000);
  expect(stream.heard).toBe('How can I help?');
  expect(spare.spoken).toContain('How can I help?');
  expect(asked).toBe(2);
});
