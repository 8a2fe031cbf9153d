import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallRoom, type Line } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import { reachedWithRepeats } from '../../fakes/spoken-audio.ts';

/* What the caller hears of one long answer, whatever they do meanwhile. */

const STORY =
  'Once upon a time there was a gateway that never slept. It kept its promises, one by one, and it called back. ' +
  'When somebody coughed it waited for a moment; when somebody nodded it went on. That is the whole story.';
/** The longest word that can be cut, with the sign behind it. */
const ONE_WORD = 10;
/** What a mark that never comes leaves in doubt: half a second and a second and a half. */
const DOUBT = 40;

const sign = fc.oneof(
  fc.record({ do: fc.constant('cough' as const), ms: fc.integer({ min: 20, max: 900 }) }),
  fc.record({ do: fc.constant('quiet' as const), ms: fc.integer({ min: 20, max: 1_800 }) }),
  fc.record({ do: fc.constant('nod' as const), text: fc.constantFrom('Mhm.', 'Okay.', 'Yeah, right.') }),
  fc.record({ do: fc.constant('echo' as const) }),
);
type Sign = typeof sign extends fc.Arbitrary<infer Value> ? Value : never;

async function give(room: CallRoom, stt: ScriptedStt, line: Line, what: Sign): Promise<void> {
  if (what.do === 'cough') await room.hear(line, 'voice', what.ms);
  if (what.do === 'quiet') await room.hear(line, 'silence', what.ms);
  if (what.do === 'nod') {
    stt.last.onInterim(what.text.slice(0, -1));
    await room.hear(line, 'silence', 100);
    stt.say(what.text);
  }
  if (what.do !== 'echo') return;
  // Without the pieces of words that were cut.
  const whole = line.stream.heard.split(/[ ,.;]+/).filter((word) => STORY.split(/[ ,.;]+/).includes(word));
  const words = whole.slice(-5, -1);
  if (words.length >= 3) stt.say(words.join(' '));
}

async function begin(hasStt: boolean, noMarks: boolean) {
  const stt = new ScriptedStt();
  const room = new CallRoom(hasStt ? { stt } : {});
  room.llm.answers({ text: STORY });
  const line = room.connect(
    // Nobody is asked whether they are still there.
    {
      opening: { kind: 'none' },
      agent: { limits: { silencePromptSeconds: 60, silencePrompts: 2, maxCallMinutes: 30 } },
    },
    { returnsMarks: !noMarks },
  );
  line.sink.onText('Tell me.');
  return { stt, room, line };
}

describe('an answer', () => {
  test('is heard to its end with no word lost and at most one twice, whatever coughs, nods and echoes there are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sign, { minLength: 1, maxLength: 14 }), async (signs) => {
        const { stt, room, line } = await begin(true, false);
        for (const what of signs) await give(room, stt, line, what);
        await room.hear(line, 'silence', 18_000);
        expect(line.stream.heard.endsWith('whole story.')).toBe(true);
        expect(reachedWithRepeats(STORY, line.stream.heard, ONE_WORD)).toBe(STORY.replaceAll(' ', '').length);
        const told = room.store.turns().find(({ role }) => role === 'agent');
        expect([told?.heardText, told?.interrupted]).toEqual([STORY, false]);
        expect(room.llm.requests.length).toBeLessThanOrEqual(2);
        await room[Symbol.asyncDispose]();
      }),
      { numRuns: 40 },
    );
  });

  test('that is really interrupted, before, in or after a pause, is stored as far as it was heard, to the word', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sign, { maxLength: 6 }),
        fc.integer({ min: 0, max: 4_000 }),
        fc.constantFrom('stop', 'typed', 'hang_up'),
        fc.boolean(),
        fc.boolean(),
        async (signs, afterMs, how, hasStt, noMarks) => {
          const { stt, room, line } = await begin(hasStt, noMarks);
          // An echo of what sounded twice, as it does without marks, is more than the agent has said.
          const isHeard = (what: Sign): boolean =>
            what.do === 'cough' || what.do === 'quiet' || (hasStt && !(noMarks && what.do === 'echo'));
          for (const what of signs.filter(isHeard)) await give(room, stt, line, what);
          await room.clock.advance(afterMs);
          if (how === 'hang_up') line.sink.onClosed('hung_up');
          else if (how === 'stop' && hasStt) stt.say('No, stop!');
          else line.sink.onText('Stop.');
          const { heard } = line.stream;
          await room.clock.advance(200);
          const told = room.store.turns().find(({ role }) => role === 'agent');
          // Where no marks come back, what sounded lately is in doubt: it may be said again, and is not claimed.
          const doubt = noMarks ? ONE_WORD + DOUBT : ONE_WORD;
          const reached = reachedWithRepeats(STORY, heard, doubt);
          expect(reached).not.toBeNull();
          const stored = told?.heardText ?? '';
          expect(STORY.startsWith(stored)).toBe(true);
          const length = stored.replaceAll(' ', '').length;
          // Never more than was heard; a sentence that ends may count its last sign a little early.
          expect(length).toBeLessThanOrEqual((reached ?? 0) + 1);
          expect((reached ?? 0) - length).toBeLessThanOrEqual(ONE_WORD + doubt);
          line.sink.onClosed('hung_up');
          await room.clock.advance(100);
          await room[Symbol.asyncDispose]();
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each(Array.from({ length: 40 }, (_, at) => 300 + at * 97))(
    'paused after %d ms goes on at the same word',
    async (ms) => {
      const { room, line } = await begin(true, false);
      await using _ = room;
      await room.hear(line, 'silence', ms - (ms % 20));
      await room.clock.advance(ms % 20);
      await room.hear(line, 'voice', 120);
      const { heard } = line.stream;
      await room.hear(line, 'silence', 900);
      expect(line.stream.heard).toBe(heard);
      await room.hear(line, 'silence', 15_000);
      expect(reachedWithRepeats(STORY, line.stream.heard, ONE_WORD)).toBe(STORY.replaceAll(' ', '').length);
      const twice = line.stream.heard.replaceAll(' ', '').length - STORY.replaceAll(' ', '').length;
      expect(twice).toBeLessThanOrEqual(ONE_WORD);
      expect(twice).toBeGreaterThanOrEqual(-1);
    },
  );
});
