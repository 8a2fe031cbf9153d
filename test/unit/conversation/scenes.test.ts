import { describe, expect, test } from 'vitest';
import { defineTool } from '../../../src/tools/tool.ts';
import type { LlmStep } from '../../fakes/scripted-llm.ts';
import { isHeardWithRepeats } from '../../fakes/spoken-audio.ts';
import { play, type Scene, type Step } from './scene.ts';

const STORY =
  'Once there was a house by the sea with a garden and a dog. Nobody knew who lived in it, or when they had come.';
const SORRY = 'I am sorry, something went wrong on my side. Could you say that again?';
/** A word may be heard twice, none is lost: the longest has this many characters, and a lost mark leaves half a second. */
const MOST_TWICE = 16;
const LONGEST_SILENCE_MS = 3_000;

/** From before its first word to its end. */
const offsets = Array.from({ length: 22 }, (_, index) => 60 + index * 250);

function interrupted(offsetMs: number, by: Step, answers: readonly (readonly LlmStep[])[] = []): Scene {
  return {
    model: [[{ text: STORY }], ...answers],
    steps: [{ says: 'Tell me a story.' }, { listens: offsetMs }, by, { listens: 14_000 }],
  };
}

describe('a story', () => {
  test.each([
    ['a cough', { coughs: 240 }],
    ['a nod', { says: 'Mhm.' }],
    ['an echo of its own words', { echoes: 'once there was a house' }],
  ] as const)('is heard to its end with no word lost, wherever there is %s', async (_what, by) => {
    for (const offsetMs of offsets) {
      // An echo comes back of what was said.
      if ('echoes' in by && (offsetMs < 1_500 || offsetMs > 2_500)) continue;
      const { heard, asked } = await play(interrupted(offsetMs, by));
      expect(isHeardWithRepeats(STORY, heard, MOST_TWICE), `${offsetMs} ms: ${heard}`).toBe(true);
      // A nod just before the end is an answer to it.
      if (offsetMs < 4_000) expect(asked, `${offsetMs} ms`).toBe(1);
    }
  });

  test.each(['Stop it.', 'Wait a moment.', 'What about the dog?'])(
    'is over at "%s", wherever that is said, and nothing is told of it that was not heard',
    async (words) => {
      for (const offsetMs of offsets) {
        const { heard, stored, told } = await play(interrupted(offsetMs, { says: words }, [[{ text: 'QQQ.' }]]));
        const at = heard.indexOf('QQQ.');
        expect(at, `${offsetMs} ms: ${heard}`).toBeGreaterThanOrEqual(0);
        // Behind the answer there is nothing of the story any more.
        expect(heard.slice(at)).toBe('QQQ.');
        const kept = /^agent: (.*) ~$/.exec(stored[1] ?? '')?.[1];
        if (kept === undefined) continue;
        expect(heard.replaceAll(' ', '').startsWith(kept.replaceAll(' ', '')), `${kept} of ${heard}`).toBe(true);
        if (kept !== '') expect(told).toContain(`${kept} [interrupted`);
        expect(told).not.toContain('when they had come');
      }
    },
  );

  test.each([
    ['returns marks on clear', {}],
    ['drops marks on clear', { capabilities: { marksReturnedOnClear: false } }],
    ['returns no marks at all', { returnsMarks: false }],
    ['cannot clear', { capabilities: { clear: false, marksReturnedOnClear: false } }],
  ] as const)('over a line that %s: stored and told is what was heard, to a word', async (_what, line) => {
    for (const offsetMs of offsets.slice(4)) {
      const { heard, stored, told } = await play({
        ...interrupted(offsetMs, { says: 'What about the dog?' }, [[{ text: 'QQQ.' }]]),
        line,
      });
      const kept = /^agent: (.*) ~$/.exec(stored[1] ?? '')?.[1];
      if (kept === undefined) continue;
      const sounded = heard.slice(0, heard.indexOf('QQQ.')).replaceAll(' ', '');
      const known = kept.replaceAll(' ', '');
      expect(sounded.startsWith(known), `${offsetMs} ms: ${kept} of ${heard}`).toBe(true);
      // A word that was cut is left out; where no mark tells, what is in doubt is.
      const doubtMs = 'returnsMarks' in line ? 2_100 : 600;
      expect((sounded.length - known.length) * 50, `${offsetMs} ms: ${kept} of ${heard}`).toBeLessThanOrEqual(doubtMs);
      if (kept !== '') expect(told).toContain(`${kept} [interrupted`);
    }
  });

  test('that was coughed at, nodded at and then stopped is cut where it was stopped', async () => {
    const { heard, stored } = await play({
      model: [[{ text: STORY }], [{ text: 'QQQ.' }]],
      steps: [
        { says: 'Tell me a story.' },
        { listens: 900 },
        { coughs: 200 },
        { listens: 1_600 },
        { says: 'Right.' },
        { listens: 1_500 },
        { says: 'Stop.' },
        { listens: 5_000 },
      ],
    });
    expect(heard).toMatch(/^Once there .*QQQ\.$/);
    expect(heard).not.toContain('when they had come');
    expect(stored.at(-1)).toBe('agent: QQQ.');
  });
});

describe('whoever dictates', () => {
  test('a long number, with breaths and a cough, is heard out and answered once', async () => {
    const { heard, asked, stored } = await play({
      model: [[{ text: 'I have it.' }]],
      steps: [
        { dictates: ['It is zero one five one', 'two three four'], pauseMs: 1_000 },
        { coughs: 200 },
        { listens: 400 },
        { dictates: ['five six seven eight.'], pauseMs: 0 },
        { listens: 6_000 },
      ],
    });
    expect(heard).toBe('I have it.');
    expect(asked).toBe(1);
    expect(stored[0]).toBe('caller: It is zero one five one two three four five six seven eight.');
  });

  test('an address, and then says nothing more, is answered within three seconds', async () => {
    const { heard, longestSilenceMs } = await play({
      model: [[{ waitMs: 4_000 }, { text: 'I have it.' }]],
      steps: [{ dictates: ['It is robin at example dot'], pauseMs: 0 }, { listens: 12_000 }],
    });
    expect(heard).toBe('One moment, please.I have it.');
    expect(longestSilenceMs).toBeLessThan(LONGEST_SILENCE_MS);
  });
});

describe('a booked time that is read back', () => {
  const say = 'I will call you back tomorrow at four pm Pacific time.';
  const tool = defineTool({
    name: 'book_table',
    setting: 'bookTable',
    title: 'Book',
    summary: 'Books.',
    description: 'Books.',
    parameters: () => ({ type: 'object' }),
    parse: (input) => input,
    run: async () => ({ ok: true, say, local_time: '16:00' }) as const,
  });
  const readBack = (by: Step): Scene => ({
    tools: [tool],
    model: [[{ tool: 'book_table' }], [{ text: say }], [{ text: 'QQQ.' }]],
    steps: [{ says: 'Call me back at four.' }, { listens: 1_100 }, by, { listens: 8_000 }],
  });

  test.each([{ coughs: 300 }, { says: 'Mhm.' }, { says: 'Okay.' }] as const)('is not even paused by %j', async (by) => {
    const { heard } = await play(readBack(by));
    expect(heard.startsWith(say)).toBe(true);
  });

  test.each(['No.', 'Wait.', 'At five.', 'On Monday.'])('stops at "%s", which is answered', async (words) => {
    const { heard, stored } = await play(readBack({ says: words }));
    expect(heard).not.toContain('Pacific time');
    expect(heard.endsWith('QQQ.')).toBe(true);
    // The call of the tool, and its result, stay.
    expect(stored.filter((turn) => turn.startsWith('tool: book_table'))).toHaveLength(1);
  });
});

describe('with vendors that are slow or broken', () => {
  const broken: readonly (readonly [string, Partial<Scene> & Pick<Scene, 'model'>])[] = [
    ['a model that takes five seconds', { model: [[{ waitMs: 5_000 }, { text: STORY }]] }],
    ['a voice that takes four seconds', { model: [[{ text: STORY }]], firstByteMs: 4_000 }],
    ['a voice that breaks off once', { model: [[{ text: STORY }]], voiceFaults: ['half_then_error'] }],
    ['a voice that stalls once', { model: [[{ text: STORY }]], voiceFaults: [null, 'half_then_stall'] }],
  ];

  test.each(broken)(
    '%s: all of the answer is heard, and no silence is longer than three seconds',
    async (_what, scene) => {
      const { heard, longestSilenceMs, isOver } = await play({
        ...scene,
        steps: [{ says: 'Tell me a story.' }, { listens: 40_000 }],
      });
      expect(heard.endsWith('or when they had come.'), heard).toBe(true);
      expect(longestSilenceMs).toBeLessThan(LONGEST_SILENCE_MS);
      expect(isOver).toBe(false);
    },
  );

  test.each(broken)('%s: a stop is a stop, wherever it comes', async (_what, scene) => {
    for (const offsetMs of [300, 1_500, 2_900, 3_400, 5_200, 6_500]) {
      const { heard } = await play({
        ...scene,
        model: [...scene.model, [{ text: 'QQQ.' }]],
        steps: [{ says: 'Tell me a story.' }, { listens: offsetMs }, { says: 'Stop it.' }, { listens: 14_000 }],
      });
      expect(heard.endsWith('QQQ.'), `${offsetMs} ms: ${heard}`).toBe(true);
    }
  });

  test('a model that fails for good is apologised for, and what they say then is answered', async () => {
    const { heard, isOver } = await play({
      model: [[{ hang: true }], [{ text: 'QQQ.' }]],
      steps: [{ says: 'Tell me a story.' }, { listens: 16_000 }, { says: 'Are you there?' }, { listens: 3_000 }],
    });
    expect(heard.endsWith(`${SORRY}QQQ.`), heard).toBe(true);
    expect(isOver).toBe(false);
  });
});
