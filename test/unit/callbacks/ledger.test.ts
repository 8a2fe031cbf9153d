import { expect, test } from 'vitest';
import { openLedger } from '../../../src/callbacks/ledger.ts';
import { attemptOutcomes } from '../../../src/domain/attempt.ts';
import type { Ledger } from '../../../src/domain/ledger.ts';
import { SimClock } from '../../support/sim-clock.ts';

const ledger: Ledger = {
  bookings: 1,
  promises: { kept: 1, late: 0, broken: 0, open: 0, cancelled: 0 },
  overdue: 0,
  oldestInFlightSeconds: 12,
  attempts: Object.fromEntries([...attemptOutcomes, 'in_flight'].map((one) => [one, 0])) as Ledger['attempts'],
};

function counted(clock: SimClock, read: () => Promise<Ledger>) {
  let reads = 0;
  const reader = openLedger({ clock, read: () => ((reads += 1), read()) });
  return { reader, reads: () => reads };
}

test('many who ask at once cost one read, and for five seconds no further one', async () => {
  const clock = new SimClock();
  const { reader, reads } = counted(clock, async () => ledger);
  await Promise.all([reader.read(), reader.read(), reader.read()]);
  await clock.advance(4_999);
  await reader.read();
  expect(reads()).toBe(1);
  await clock.advance(1);
  await reader.read();
  expect(reads()).toBe(2);
});

test('a ledger that takes long to read is read the more seldom', async () => {
  const clock = new SimClock();
  const { signal } = new AbortController();
  const { reader, reads } = counted(clock, async () => (await clock.sleep(1_000, signal), ledger));
  const first = reader.read();
  await clock.advance(1_000);
  await first;
  await clock.advance(19_999);
  await reader.read();
  expect(reads()).toBe(1);
  await clock.advance(1);
  void reader.read();
  expect(reads()).toBe(2);
  await clock.advance(1_000);
});

test('a database that is away is not asked again by every scrape', async () => {
  const clock = new SimClock();
  const { reader, reads } = counted(clock, () => Promise.reject(new Error('away')));
  await expect(reader.read()).rejects.toThrow('away');
  await expect(reader.read()).rejects.toThrow('away');
  expect(reads()).toBe(1);
  await clock.advance(5_000);
  await expect(reader.read()).rejects.toThrow('away');
  expect(reads()).toBe(2);
});
