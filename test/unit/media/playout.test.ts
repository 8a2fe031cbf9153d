import { describe, expect, test } from 'vitest';
import { heardText, MARK_GRACE_MS, Playout, resumeMs, type SpokenSegment } from '../../../media/playout.ts';

/** A second of audio, given at once at time 0. */
function oneSecond(): Playout {
  const playout = new Playout();
  for (let frame = 0; frame < 50; frame += 1) playout.sent(frame * 20, 20);
  return playout;
}

describe('what was heard', () => {
  test('by the clock, while nothing else is known', () => {
    expect(oneSecond().heardMs(400)).toBe(400);
    expect(oneSecond().heardMs(5_000)).toBe(1_000);
  });

  test('never beyond a mark that has not come back', () => {
    const playout = new Playout();
    playout.sent(0, 500);
    playout.marked('a', 0);
    playout.sent(500, 500);
    expect(playout.heardMs(700)).toBe(500);
    playout.heardMark('a');
    expect(playout.heardMs(700)).toBe(700);
  });

  test('never less than a mark that has', () => {
    const playout = new Playout();
    playout.sent(0, 500);
    playout.marked('a', 0);
    playout.heardMark('a');
    expect(playout.heardMs(100)).toBe(500);
  });

  test('a mark that never comes is believed lost after a moment', () => {
    const playout = oneSecond();
    playout.marked('a', 900);
    expect(playout.heardMs(1_000 + MARK_GRACE_MS)).toBe(1_000);
    playout.sent(3_000, 500);
    expect(playout.heardMs(3_200)).toBe(1_200);
  });

  test('a mark that comes back for what was cleared says nothing', () => {
    const playout = oneSecond();
    playout.marked('a', 300);
    expect(playout.cut(300, true)).toBe(300);
    playout.heardMark('a');
    expect(playout.heardMs(5_000)).toBe(300);
  });

  test('where the carrier cannot clear, what it holds is heard', () => {
    expect(oneSecond().cut(960, false)).toBe(1_000);
  });

  test('what is sent again after a cut does not count twice, and what was heard stays heard', () => {
    const playout = oneSecond();
    expect(playout.cut(600, true)).toBe(600);
    playout.goOnFrom(500);
    expect(playout.heardMs(2_000)).toBe(600);
    playout.sent(2_000, 500);
    expect(playout.heardMs(2_050)).toBe(600);
    expect(playout.heardMs(2_400)).toBe(900);
  });
});

describe('heard words', () => {
  const segments: SpokenSegment[] = [
    { text: 'I will call you back', startMs: 0, endMs: 1_000, writtenMs: 1_000 },
    { text: 'at four tomorrow.', startMs: 1_000, endMs: 2_000, writtenMs: 2_000 },
  ];

  test.each([
    [0, ''],
    [500, 'I will'],
    [990, 'I will call you back'],
    [1_000, 'I will call you back'],
    [1_500, 'I will call you back at four'],
    [2_000, 'I will call you back at four tomorrow.'],
  ])('after %d ms', (heardMs, text) => {
    expect(heardText(segments, heardMs)).toBe(text);
  });

  test('of a sentence that is still being made, no more than its audio can have told', () => {
    const half: SpokenSegment[] = [{ text: 'one two three four five six', startMs: 0, endMs: null, writtenMs: 900 }];
    expect(heardText(half, 150)).toBe('');
    expect(heardText(half, 800)).toBe('one two three');
    // What was heard after it was something else.
    expect(heardText(half, 5_000)).toBe('one two three');
  });

  test.each([
    [0, 0, 'nothing was heard'],
    [150, 50, 'in the second word'],
    [500, 300, 'in the third word'],
    [1_000, 1_000, 'between two sentences'],
    [1_500, 1_412, 'in the next sentence'],
    [2_000, 2_000, 'at the end'],
  ])('stopped at %d ms, they go on at %d ms: %s', (heardMs, atMs) => {
    expect(Math.round(resumeMs(segments, heardMs, 1_000))).toBe(atMs);
  });

  test('a long word is not gone back over for longer than is allowed', () => {
    const word: SpokenSegment[] = [{ text: 'Donaudampfschifffahrt', startMs: 0, endMs: 4_000, writtenMs: 4_000 }];
    expect(resumeMs(word, 3_000, 1_000)).toBe(2_000);
  });

  test('words that never sounded were not heard', () => {
    expect(heardText([{ text: 'hello', startMs: null, endMs: null, writtenMs: 0 }], 9_000)).toBe('');
  });
});
