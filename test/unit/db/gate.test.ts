import { expect, test } from 'vitest';
import { Gate } from '../../../db/gate.ts';
import { isRingbackError } from '../../../src/errors.ts';
import { SimClock } from '../../support/sim-clock.ts';

function openGate(slots: number, maxWaiting = 10) {
  const gate = new Gate({ clock: new SimClock(), slots, maxWaiting });
  const inside: string[] = [];
  const leaves = new Map<string, () => void>();
  const enter = (name: string): Promise<void> =>
    gate.enter(1_000).then((leave) => {
      inside.push(name);
      leaves.set(name, leave);
    });
  const leave = async (name: string): Promise<void> => {
    leaves.get(name)?.();
    await settle();
  };
  return { gate, inside, enter, leave };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

test('made narrower, it lets what runs go on and admits nobody until fewer run than may', async () => {
  const { gate, inside, enter, leave } = openGate(3);
  await Promise.all(['a', 'b', 'c'].map(enter));
  gate.resize(1);
  const d = enter('d');
  await leave('a');
  await leave('b');
  expect(inside).toEqual(['a', 'b', 'c']);
  await leave('c');
  await d;
  expect(inside).toEqual(['a', 'b', 'c', 'd']);
  expect(gate.slots).toBe(1);
});

test('made wider, it admits those that wait, the first ones first', async () => {
  const { gate, inside, enter } = openGate(1);
  await enter('a');
  const waiting = ['b', 'c', 'd'].map(enter);
  gate.resize(3);
  await settle();
  expect(inside).toEqual(['a', 'b', 'c']);
  gate.resize(4);
  await Promise.all(waiting);
  expect(inside).toEqual(['a', 'b', 'c', 'd']);
});

test('leaving twice frees one place, and the line has a bound', async () => {
  const { enter, inside, leave } = openGate(1, 1);
  await enter('a');
  const b = enter('b');
  const refused = await enter('c').then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(isRingbackError(refused, 'queue_full')).toBe(true);
  await leave('a');
  await leave('a');
  await b;
  expect(inside).toEqual(['a', 'b']);
});
