import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameOrder, MOST_LOST } from '../../../media/frame-order.ts';

/** A stream whose frames are their own numbers; a lost one is a dash. */
function open(window: number) {
  const heard: (number | '-')[] = [];
  const order = new FrameOrder(window, {
    onFrame: (audio) => void heard.push(audio[0] ?? 0),
    onLost: (frames) => void heard.push(...Array.from({ length: frames }, () => '-' as const)),
  });
  const scratch = new Uint8Array(1);
  return {
    heard,
    order,
    /** The bytes are reused, as a codec does. */
    push: (...numbers: number[]): void => {
      for (const number of numbers) {
        scratch[0] = number;
        order.push(number, scratch);
      }
    },
  };
}

describe('frames that keep their order', () => {
  test('pass as they are, from whatever number on', () => {
    const { heard, order, push } = open(0);
    push(7, 8, 9);
    expect(heard).toEqual([7, 8, 9]);
    expect(order.counts).toEqual({ lost: 0, late: 0, early: 0 });
  });

  test('one that was dropped on the way is silence of its length', () => {
    const { heard, order, push } = open(0);
    push(1, 2, 5, 6);
    expect(heard).toEqual([1, 2, '-', '-', 5, 6]);
    expect(order.counts).toEqual({ lost: 2, late: 0, early: 0 });
  });

  test('one that comes twice is heard once', () => {
    const { heard, order, push } = open(0);
    push(1, 2, 2, 3, 1, 4);
    expect(heard).toEqual([1, 2, 3, 4]);
    expect(order.counts.late).toBe(2);
  });

  test('a jump far ahead is a second of silence, not an hour', () => {
    const { heard, push } = open(0);
    push(1, 100_000, 100_001);
    expect(heard).toHaveLength(3 + MOST_LOST);
  });

  test('a sender that counts anew is followed at once', () => {
    const { heard, push } = open(0);
    push(100, 101, 1, 2, 3);
    expect(heard).toEqual([100, 101, 1, 2, 3]);
  });

  test('numbers that mean something else are not looked at after a second', () => {
    const { heard, push } = open(0);
    push(...Array.from({ length: 120 }, () => 5));
    expect(heard).toHaveLength(1 + 120 - 51);
  });

  test('frames without a number pass as they come', () => {
    const { heard, order, push } = open(3);
    push(0, 0, 0);
    order.push(Number.NaN, Uint8Array.of(9));
    expect(heard).toEqual([0, 0, 0, 9]);
  });
});

describe('frames that may overtake each other', () => {
  test('are put in order where what is missing comes within the window', () => {
    const { heard, order, push } = open(5);
    push(1, 3, 4, 2, 5);
    expect(heard).toEqual([1, 2, 3, 4, 5]);
    expect(order.counts).toEqual({ lost: 0, late: 0, early: 2 });
  });

  test('the very first one may be overtaken, too', () => {
    const { heard, push } = open(5);
    push(3, 2, 1, 4);
    expect(heard).toEqual([1, 2, 3, 4]);
  });

  test('one that does not come is given up when the window is full, and left out when it comes then', () => {
    const { heard, order, push } = open(3);
    push(1, 3, 4);
    expect(heard).toEqual([1]);
    push(5, 6, 2, 7);
    expect(heard).toEqual([1, '-', 3, 4, 5, 6, 7]);
    expect(order.counts).toEqual({ lost: 1, late: 1, early: 4 });
  });

  test('the end of the stream gives what waits', () => {
    const { heard, order, push } = open(5);
    push(1, 4, 3);
    order.finish();
    expect(heard).toEqual([1, '-', 3, 4]);
  });

  test('whatever the network does, no frame is heard twice or before an earlier one, and all that came in time is heard', () => {
    const jitter = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 9 })), {
      minLength: 1,
      maxLength: 120,
    });
    fc.assert(
      fc.property(jitter, (steps) => {
        const { heard, order, push } = open(5);
        // Each frame is late by up to three places, one in ten is lost, one in ten comes twice.
        const sent = steps
          .flatMap(([late, luck], index) =>
            luck === 0
              ? []
              : luck === 1
                ? [
                    [index, late],
                    [index, 0],
                  ]
                : [[index, late]],
          )
          .toSorted((a, b) => (a[0] ?? 0) + (a[1] ?? 0) - (b[0] ?? 0) - (b[1] ?? 0))
          .map(([index = 0]) => index + 1);
        push(...sent);
        order.finish();
        const frames = heard.filter((one) => one !== '-');
        expect(frames).toEqual(frames.toSorted((a, b) => a - b));
        expect(new Set(frames).size).toBe(frames.length);
        // A stream that begins within the window of its first number begins with that.
        const first = (sent[0] ?? 1) <= 5 ? 1 : (sent[0] ?? 1);
        expect(frames).toEqual([...new Set(sent)].filter((one) => one >= first).toSorted((a, b) => a - b));
        // Silence stands where a frame is missing, so that the stream keeps its length.
        const last = frames.at(-1) ?? first - 1;
        expect(heard).toHaveLength(last - first + 1);
      }),
      { numRuns: 500 },
    );
  });
});
