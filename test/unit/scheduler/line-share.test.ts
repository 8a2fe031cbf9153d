import { expect, test } from 'vitest';
import { LineShare } from '../../../src/scheduler/line-share.ts';
import { SimClock } from '../../support/sim-clock.ts';

/** Gives `lines` lines one after another to whoever may have one, each agent looking in this order. */
function give(share: LineShare, looks: readonly string[], lines: number): string[] {
  const given: string[] = [];
  for (let line = 0; line < lines; line += 1) {
    for (const agent of looks) {
      if (given.length > line || !share.mayTake(agent, 1)) share.wants(agent, true);
      else {
        share.took(agent);
        given.push(agent);
        share.wants(agent, true);
      }
    }
  }
  return given;
}

test('a thousand who wait and one who waits take turns, whoever looks more often', () => {
  const looks = [...Array.from({ length: 1_000 }, () => 'flood'), 'single', 'other'];
  const given = give(new LineShare(new SimClock()), looks, 9);
  for (let from = 0; from < 9; from += 3)
    expect(given.slice(from, from + 3).toSorted()).toEqual(['flood', 'other', 'single']);
});

test('agents of one batch take turns, and each agent’s own keep their order', () => {
  const share = new LineShare(new SimClock());
  expect(share.inTurn(['a', 'a', 'a', 'b', 'c', 'b'])).toEqual([0, 3, 4, 1, 5, 2]);
  share.took('a');
  expect(share.inTurn(['a', 'a', 'b'])).toEqual([2, 0, 1]);
});

test('a line is kept for nobody who does not wait any more', async () => {
  const clock = new SimClock();
  const share = new LineShare(clock);
  share.took('flood');
  share.wants('single', true);
  expect([share.mayTake('flood', 1), share.mayTake('flood', 2)]).toEqual([false, true]);
  share.wants('single', false);
  expect(share.mayTake('flood', 1)).toBe(true);
  share.wants('single', true);
  await clock.advance(10_000);
  expect(share.mayTake('flood', 1)).toBe(true);
});
