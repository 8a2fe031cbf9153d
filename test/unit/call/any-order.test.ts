import fc from 'fast-check';
import { expect, test } from 'vitest';
import endCall from '../../../src/tools/end-call.ts';
import { CallRoom, type Line } from '../../fakes/call-room.ts';
import { vendorFailure, type LlmStep } from '../../fakes/scripted-llm.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import { isHeardWithRepeats } from '../../fakes/spoken-audio.ts';
import type { TtsFault } from '../../fakes/scripted-tts.ts';

/** What may happen to a call, in any order. */
const happening = fc.oneof(
  fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({ do: fc.constant('type' as const) }),
  fc.record({ do: fc.constant('interim' as const) }),
  fc.record({ do: fc.constant('key' as const), key: fc.constantFrom('1', '0', '*', '#') }),
  fc.record({ do: fc.constant('say' as const) }),
  fc.record({ do: fc.constant('nod' as const) }),
  fc.record({ do: fc.constant('cough' as const), ms: fc.integer({ min: 80, max: 400 }) }),
  fc.record({ do: fc.constant('echo' as const) }),
  fc.record({ do: fc.constant('voice' as const), ms: fc.integer({ min: 20, max: 600 }) }),
  fc.record({ do: fc.constant('silence' as const), ms: fc.integer({ min: 20, max: 600 }) }),
  fc.record({ do: fc.constant('stt_lost' as const) }),
  fc.record({ do: fc.constant('store' as const), away: fc.boolean() }),
  fc.record({ do: fc.constant('voice_fault' as const), fault: fc.constantFrom<TtsFault>('error', 'half_then_error') }),
  fc.record({ do: fc.constant('mark' as const) }),
);

type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never;

const answers = fc.constantFrom<LlmStep[]>(
  [{ text: 'Of course, I can do that. When would suit you?' }],
  [{ waitMs: 400 }, { text: 'It is ' }, { waitMs: 300 }, { text: 'sunny today. And tomorrow.' }],
  [{ waitMs: 5_000 }, { text: 'That took a while, but here it is.' }],
  [{ text: 'One moment please.' }, { tool: 'nothing_like_it' }],
  [{ tool: 'end_call' }],
  [{ text: 'Goodbye, take care.' }, { tool: 'end_call' }],
  [{ fail: vendorFailure() }],
  [{ text: 'It broke here, ' }, { fail: vendorFailure() }],
  [{ text: '' }],
);

const opening = fc.constantFrom(
  { kind: 'greeting' as const, notice: 'I am a machine.', text: 'How can I help you today?' },
  { kind: 'callback' as const, notice: 'I am a machine.', instruction: 'Open.' },
  { kind: 'callback' as const, notice: null, instruction: 'Open.' },
  { kind: 'none' as const },
);

async function happen(room: CallRoom, stt: ScriptedStt, line: Line, what: Happening) {
  if (what.do === 'advance') return room.clock.advance(what.ms);
  if (what.do === 'type') return line.sink.onText('Something typed.');
  if (what.do === 'voice' || what.do === 'silence') return room.hear(line, what.do, what.ms);
  if (what.do === 'cough') {
    await room.hear(line, 'voice', what.ms);
    return room.hear(line, 'silence', 400);
  }
  if (what.do === 'nod') stt.say('Mhm.');
  if (what.do === 'echo') stt.say(line.stream.heard.slice(-20));
  if (what.do === 'store') room.store.away = what.away;
  if (what.do === 'voice_fault') room.tts.faults.push(what.fault);
  if (what.do === 'mark') line.sink.onMark('of somebody else');
  if (what.do === 'interim') stt.last.onInterim('some');
  if (what.do === 'key') line.sink.onDtmf(what.key);
  if (what.do === 'say') stt.say('Something said.');
  if (what.do === 'stt_lost') stt.last.onError(new Error('lost'));
}

test('whatever happens in whatever order, a call never fails by itself, tells only what was heard, and leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      opening,
      fc.boolean(),
      fc.array(answers, { maxLength: 8 }),
      fc.array(happening, { maxLength: 25 }),
      async (plan, isOurDial, script, happenings) => {
        const stt = new ScriptedStt();
        const room = new CallRoom({ stt, tools: [endCall] });
        for (const steps of script) room.llm.answers(...steps);
        const line = room.connect({
          opening: plan,
          agent: { recording: 'on' },
          call: { attemptId: isOurDial ? 'attempt-1' : null },
        });
        for (const what of happenings) await happen(room, stt, line, what);
        line.sink.onClosed('hung_up');
        room.store.away = false;
        await room.clock.advance(6_000);

        expect(room.left()).toBe('');
        expect(room.llm.running).toBe(0);
        expect(line.stream.closed).toBe(1);
        expect(room.store.ends).toHaveLength(1);
        if (isOurDial && line.stream.sentAtMs.length > 0) expect(room.store.openings).toEqual(['attempt-1']);
        expect(room.log.lines.filter(({ message }) => message === 'a call failed')).toEqual([]);
        const turns = room.store.turns();
        expect(turns.map(({ index }) => index)).toEqual(turns.map((_, index) => index));
        for (const turn of turns) {
          expect(turn.endedAt).not.toBeNull();
          if (turn.role !== 'agent') continue;
          // The clause borders are not spoken, so spaces are left out of the comparison.
          const heard = (turn.heardText ?? 'nothing was stored').replaceAll(' ', '');
          expect(turn.text.replaceAll(' ', '').startsWith(heard)).toBe(true);
          // After a pause a word may be heard twice.
          expect(isHeardWithRepeats(heard, line.stream.heard, 12)).toBe(true);
        }
        await room[Symbol.asyncDispose]();
      },
    ),
    { numRuns: 300 },
  );
});
