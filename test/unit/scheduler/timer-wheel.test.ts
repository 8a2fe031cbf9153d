import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimerWheel, type WheelItem } from '../../../src/scheduler/timer-wheel.ts';
import { SimClock } from '../../support/sim-clock.ts';

function open(options: { most?: number; offsetMs?: number } = {}) {
  const clock = new SimClock();
  const time = { offsetMs: options.offsetMs ?? 0 };
  const fired: { id: string; dueMs: number; atMs: number }[] = [];
  const nowMs = (): number => clock.nowMs() + time.offsetMs;
  const wheel = new TimerWheel<WheelItem>({
    clock,
    nowMs,
    onDue: ({ id, dueMs }) => void fired.push({ id, dueMs, atMs: nowMs() }),
    most: options.most ?? 1_000,
  });
  return { clock, wheel, fired, time };
}

const ids = (fired: readonly { id: string }[]): string[] => fired.map(({ id }) => id);

test('each timer runs at its very millisecond, and the clock is woken only then', async () => {
  const { clock, wheel, fired } = open();
  wheel.insert({ id: 'a', dueMs: 400 });
  wheel.insert({ id: 'b', dueMs: 1_700 });
  await clock.advance(399);
  expect(fired).toEqual([]);
  await clock.advance(5_000);
  expect(fired.map(({ id, atMs }) => [id, atMs])).toEqual([
    ['a', 400],
    ['b', 1_700],
  ]);
  expect(clock.pending).toBe(0);
});

test('one timer of the clock is armed, however many wait', () => {
  const { clock, wheel } = open();
  for (let index = 0; index < 500; index += 1) wheel.insert({ id: String(index), dueMs: 10_000 - 13 * index });
  expect(clock.pending).toBe(1);
  wheel.clear();
  expect(clock.pending).toBe(0);
});

test('a timer inserted while the wheel sleeps toward a later one runs first', async () => {
  const { clock, wheel, fired } = open();
  wheel.insert({ id: 'in an hour', dueMs: 3_600_000 });
  await clock.advance(29_000);
  wheel.insert({ id: 'in a second', dueMs: clock.nowMs() + 1_000 });
  await clock.advance(1_000);
  expect(ids(fired)).toEqual(['in a second']);
});

test('equal times run in the order of insertion, and one that was moved comes last', async () => {
  const { clock, wheel, fired } = open();
  for (const id of ['a', 'b', 'c']) wheel.insert({ id, dueMs: 50 });
  wheel.move('a', 50);
  await clock.advance(50);
  expect(ids(fired)).toEqual(['b', 'c', 'a']);
});

test('a cancelled timer never runs, also when the one before it cancels it at its time', async () => {
  const clock = new SimClock();
  const fired: string[] = [];
  const wheel = new TimerWheel<WheelItem>({
    clock,
    nowMs: () => clock.nowMs(),
    onDue: ({ id }) => {
      fired.push(id);
      if (id === 'first') wheel.cancel('second');
    },
    most: 10,
  });
  wheel.insert({ id: 'first', dueMs: 5 });
  wheel.insert({ id: 'second', dueMs: 5 });
  wheel.insert({ id: 'far', dueMs: 90_000 });
  expect(wheel.cancel('far')).toBe(true);
  expect(wheel.cancel('far')).toBe(false);
  await clock.advance(100_000);
  expect(fired).toEqual(['first']);
});

test('a time 25 days ahead, beyond what a timer of Node can do, runs neither at once nor late', async () => {
  const { clock, wheel, fired } = open();
  const dueMs = 25 * 86_400_000;
  wheel.insert({ id: 'far', dueMs });
  await clock.advance(60_000);
  expect(fired).toEqual([]);
  await clock.advance(dueMs);
  expect(fired).toEqual([{ id: 'far', dueMs, atMs: dueMs }]);
});

test('what is overdue when it is inserted runs at once', async () => {
  const { clock, wheel, fired } = open({ offsetMs: 1_800_000_000_000 });
  wheel.insert({ id: 'late', dueMs: 5 });
  await clock.advance(0);
  expect(ids(fired)).toEqual(['late']);
});

test('when the database turns out to be ahead, what has become due runs as soon as that is known', async () => {
  const { clock, wheel, fired, time } = open();
  wheel.insert({ id: 'a', dueMs: 2_000 });
  await clock.advance(1_000);
  time.offsetMs = 1_500;
  wheel.rearm();
  expect(ids(fired)).toEqual(['a']);
});

test('when the database turns out to be behind, nothing runs before its time', async () => {
  const { clock, wheel, fired, time } = open();
  wheel.insert({ id: 'a', dueMs: 2_000 });
  time.offsetMs = -1_500;
  wheel.rearm();
  await clock.advance(3_499);
  expect(fired).toEqual([]);
  await clock.advance(1);
  expect(ids(fired)).toEqual(['a']);
});

test('a full wheel refuses, and takes again when there is room', () => {
  const { wheel } = open({ most: 2 });
  expect(wheel.insert({ id: 'a', dueMs: 1_000 })).toBe(true);
  expect(wheel.insert({ id: 'b', dueMs: 2_000 })).toBe(true);
  expect(wheel.insert({ id: 'c', dueMs: 3_000 })).toBe(false);
  expect(wheel.insert({ id: 'a', dueMs: 4_000 })).toBe(true);
  wheel.cancel('b');
  expect(wheel.insert({ id: 'c', dueMs: 3_000 })).toBe(true);
  wheel.clear();
});

type Step =
  | { readonly do: 'insert' | 'move'; readonly id: string; readonly inMs: number }
  | { readonly do: 'cancel'; readonly id: string }
  | { readonly do: 'advance'; readonly byMs: number };

const name = fc.integer({ min: 0, max: 30 }).map(String);
// Mostly near, around the borders of seconds; now and then far or in the past.
const delay = fc.oneof(fc.integer({ min: -50, max: 2_500 }), fc.constantFrom(0, 999, 1_000, 1_001, 59_999, 3_600_000));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('insert' as const), id: name, inMs: delay }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), id: name, inMs: delay }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), id: name }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('advance' as const), byMs: fc.integer({ min: 0, max: 1_500 }) }),
  },
);

test('whatever is inserted, moved and cancelled, it runs as a sorted list would: never early, never lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 5_000 }), async (steps, offsetMs) => {
      const { clock, wheel, fired } = open({ offsetMs });
      const list: { id: string; dueMs: number; order: number }[] = [];
      const expected: string[] = [];
      let order = 0;
      const drop = (id: string): boolean => {
        const at = list.findIndex((one) => one.id === id);
        if (at >= 0) list.splice(at, 1);
        return at >= 0;
      };
      const runDue = (nowMs: number): void => {
        list.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
        while (list[0] !== undefined && list[0].dueMs <= nowMs) expected.push(list.shift()?.id ?? '');
      };
      for (const one of steps) {
        const dueMs = clock.nowMs() + offsetMs + ('inMs' in one ? one.inMs : 0);
        if (one.do === 'cancel') expect(wheel.cancel(one.id)).toBe(drop(one.id));
        if (one.do === 'move') {
          const was = drop(one.id);
          expect(wheel.move(one.id, dueMs)).toBe(was);
          if (was) list.push({ id: one.id, dueMs, order: order++ });
        }
        if (one.do === 'insert') {
          drop(one.id);
          wheel.insert({ id: one.id, dueMs });
          list.push({ id: one.id, dueMs, order: order++ });
        }
        if (one.do === 'advance') {
          await clock.advance(one.byMs);
          runDue(clock.nowMs() + offsetMs);
          expect(ids(fired)).toEqual(expected);
        }
        expect(clock.pending).toBeLessThanOrEqual(1);
      }
      await clock.advance(3_700_000);
      runDue(Number.POSITIVE_INFINITY);
      expect(ids(fired)).toEqual(expected);
      for (const one of fired) expect(one.atMs).toBeGreaterThanOrEqual(one.dueMs);
      expect(wheel.size).toBe(0);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 200 },
  );
});
