import { describe, expect, test } from 'vitest';
import { patienceMs } from '../../../src/call/turns/end-of-turn/unfinished.ts';
import { phrasesFor } from '../../../src/call/turns/phrases.ts';
import { CallRoom, type Line } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';

/** The caller says these groups, each a turn in the eyes of the STT, with pauses between them. */
async function dictate(room: CallRoom, stt: ScriptedStt, line: Line, groups: string[], pauseMs: number): Promise<void> {
  for (const group of groups) {
    await room.hear(line, 'voice', 600);
    stt.last.onInterim(group);
    await room.hear(line, 'silence', 320);
    stt.say(group);
    await room.hear(line, 'silence', pauseMs);
  }
}

describe('somebody who dictates', () => {
  test('a telephone number in groups is heard out, and it is one turn', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await dictate(room, stt, line, ['It is zero one five one', 'two three four', 'five six.'], 900);
    expect(room.llm.requests).toEqual([]);
    await room.hear(line, 'silence', 2_500);
    expect(room.store.read()).toEqual(['caller: It is zero one five one two three four five six.', 'agent: Fine.']);
  });

  test('is answered soon once the number is whole, and says what was waited for', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await dictate(room, stt, line, ['0151 2345 678'], 0);
    await room.hear(line, 'silence', 900);
    expect(room.store.read()[0]).toBe('caller: 0151 2345 678');
    await room.hear(line, 'silence', 1_000);
    // Some 320 ms until the STT said so, and the patience.
    expect(room.store.turns()[1]?.latency?.endpointingMs).toBeGreaterThan(1_100);
    expect(room.store.turns()[1]?.latency?.endpointingMs).toBeLessThan(1_160);
  });

  test('for a minute is answered all the same', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    for (let group = 0; group < 90; group += 1) {
      stt.say('seven eight');
      await room.hear(line, 'silence', 700);
    }
    const turns = room.store.read().filter((turn) => turn.startsWith('caller'));
    expect(turns[0]?.split('seven').length).toBeLessThan(90);
    expect(turns[0]?.split('seven').length).toBeGreaterThan(80);
  });

  test('and is followed by a noise, is answered after it', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    stt.say('My name is S M I T H');
    await room.hear(line, 'voice', 4_000);
    expect(room.store.read()[0]).toBe('caller: My name is S M I T H');
  });

  test('with an STT that only gives words is heard out too', async () => {
    const stt = new ScriptedStt('none');
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    for (const group of ['my address is j', 'dot miller at', 'example dot com']) {
      await room.hear(line, 'voice', 600);
      stt.last.onFinal(group);
      await room.hear(line, 'silence', 1_500);
    }
    await room.hear(line, 'silence', 1_500);
    expect(room.store.read()[0]).toBe('caller: my address is j dot miller at example dot com');
  });

  test('keeps the floor after a conjunction', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    stt.say('Call me tomorrow and');
    await room.hear(line, 'silence', 900);
    stt.say('bring the papers.');
    await room.hear(line, 'silence', 500);
    expect(room.store.read()[0]).toBe('caller: Call me tomorrow and bring the papers.');
  });

  test.each([
    ['hangs up', (line: Line) => line.sink.onClosed('hung_up')],
    ['loses the line', (line: Line) => line.sink.onClosed('lost')],
  ])('and %s in the middle has what they said in the transcript', async (_how, ends) => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt, options: { lost: () => undefined } });
    const line = room.connect({ opening: { kind: 'none' } });
    await dictate(room, stt, line, ['It is zero one five one'], 300);
    await room.hear(line, 'voice', 400);
    stt.last.onFinal('two three');
    ends(line);
    await room.clock.advance(100);
    expect(room.store.read()).toEqual(['caller: It is zero one five one two three']);
  });

  test('keeps a process that stops from handing them over until that is a turn', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt, options: { lost: () => undefined, othersTakeOver: async () => true } });
    const line = room.connect({ opening: { kind: 'none' } });
    await dictate(room, stt, line, ['It is zero one five one'], 900);
    const drained = room.calls.drain(0);
    await room.hear(line, 'silence', 400);
    expect(line.stream.closed).toBe(0);
    await dictate(room, stt, line, ['two three four five six.'], 2_500);
    await drained;
    expect(room.store.read()[0]).toBe('caller: It is zero one five one two three four five six.');
    expect(line.stream.closed).toBe(1);
  });

  test('and hangs up leaves no timer, and what they said is not answered', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    stt.say('It is zero one five');
    line.sink.onClosed('hung_up');
    await room.clock.advance(3_000);
    expect(room.llm.requests).toEqual([]);
  });
});

describe('how long somebody is waited for', () => {
  test.each([
    ['en', 'What is the weather?', 0],
    ['en', 'Call me back at four.', 0],
    ['en', 'I live at 12 Elm Street.', 0],
    ['en', 'Yes.', 0],
    ['en', 'Call me back at four, please.', 0],
    ['de', 'Rufen Sie mich an.', 0],
    ['en', 'jane dot miller at', 1_000],
    ['en', 'It starts with one two', 1_500],
    ['en', 'B as in Bravo, R', 1_000],
    ['en', 'That is B R A', 1_500],
    ['en', 'My code is 4711', 1_500],
    ['en', '+49 151 2345678', 800],
    ['en', 'Well, I wanted to', 1_000],
    ['en', 'because um', 1_000],
    ['de', 'Null eins fünf', 1_500],
    ['de', 'Ich wollte und', 1_000],
    ['es', 'cinco cinco', 1_500],
    ['es', 'Quiero hablar con', 1_000],
    ['fr', 'zéro six', 1_500],
    ['fr', 'Je voudrais parler avec', 1_000],
    ['ja', 'はい', 0],
    ['en', '…', 0],
  ])('%s: "%s" %d ms', (language, text, ms) => {
    expect(patienceMs(text, phrasesFor(language))).toBe(ms);
  });
});
