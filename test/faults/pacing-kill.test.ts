import { expect, test } from 'vitest';
import { FakeCarrierServer } from '../fakes/http-carrier-server.ts';
import { World } from '../integration/scheduler/world.ts';
import { startChild } from '../support/child.ts';
import { until } from '../support/until.ts';

const SCRIPT = '../faults/run-scheduler.ts';
const PROMISES = 30;

test('a replica that is killed while thirty wait for their turn takes no turn with it: the other one dials all of them', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  const callbacks = await Promise.all(Array.from({ length: PROMISES }, () => world.book(1_000)));
  await using dying = startChild(SCRIPT, [world.url, carrier.url, '', '0', '10']);
  await using staying = startChild(SCRIPT, [world.url, carrier.url, '', '0', '10']);
  expect(await dying.nextLine(), dying.errors).toBe('ready');
  expect(await staying.nextLine(), staying.errors).toBe('ready');
  await until(
    'the first calls',
    carrier.whenever(() => carrier.calls.length >= 8),
    20_000,
  );
  await dying.kill('SIGKILL');
  const rung = () => new Set(carrier.calls.map((call) => call.to));
  await until(
    'the other calls',
    carrier.whenever(() => rung().size >= PROMISES),
    40_000,
  );
  expect(new Set(carrier.requests).size).toBe(carrier.requests.length);
  for (const { id } of callbacks) {
    const attempts = await world.attempts(id);
    for (const attempt of attempts) expect(carrier.ringsOf(attempt.id)).toBeLessThanOrEqual(1);
    // Only one whose request nobody knows of may have been tried again.
    expect(attempts.slice(0, -1).every((attempt) => attempt.outcome === 'lost')).toBe(true);
  }
});
