import { expect, test } from 'vitest';
import { timer } from '../../../db/schema.ts';
import { cancelCallback } from '../../../src/callbacks/cancel.ts';
import { isFinal } from '../../../src/domain/callback-states.ts';
import { FakeCarrierServer } from '../../fakes/http-carrier-server.ts';
import { until } from '../../support/until.ts';
import { World } from './world.ts';

/** How late a dial may be on a machine that runs other tests beside this one. */
const LATE_MS = 900;

test('a callback booked one second ahead fires on time, on two replicas, once, and never early', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await world.replica();
  await world.replica();
  const callback = await world.book(1_000);
  await until(
    'the call',
    carrier.whenever(() => carrier.calls.length > 0),
  );
  const [call] = carrier.calls;
  const lateMs = (call?.placedAtMs ?? 0) - callback.dueAt.epochMilliseconds;
  // The carrier stamps whole milliseconds.
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(LATE_MS);
  await world.see(callback.id, 'the dial', (one) => one.status === 'dialing');
  expect(carrier.requests).toHaveLength(1);
});
