import { expect, test } from 'vitest';
import { settleAttempt } from '../../src/callbacks/settle.ts';
import type { CallbackAttempt } from '../../src/domain/attempt.ts';
import type { Callback } from '../../src/domain/callback.ts';
import { FakeCarrierServer } from '../fakes/http-carrier-server.ts';
import { World } from '../integration/scheduler/world.ts';
import { startChild, type Child } from '../support/child.ts';

const SCRIPT = '../faults/run-scheduler.ts';
/** Longer than any test: the process ends at the halt. */
const FOR_EVER_MS = '600000';

/** A replica in a process of its own that is ready to dial. */
async function startReplica(
  world: World,
  carrier: FakeCarrierServer,
  haltAt = '',
  haltMs = FOR_EVER_MS,
): Promise<Child> {
  const child = startChild(SCRIPT, [world.url, carrier.url, haltAt, haltMs]);
  expect(await child.nextLine(), child.errors).toBe('ready');
  return child;
}

/** The person picks up, hears the agent, and hangs up. */
async function converse(world: World, carrier: FakeCarrierServer, attempt: CallbackAttempt): Promise<void> {
  await settleAttempt(world.deps(), attempt.id, { kind: 'opening' });
  carrier.endAll('hung_up');
}

/** What has to be true whatever was killed, and when. */
async function expectAtMostOneRing(world: World, carrier: FakeCarrierServer, callback: Callback): Promise<void> {
  const attempts = await world.attempts(callback.id);
  expect(new Set(carrier.requests).size).toBe(carrier.requests.length);
  for (const attempt of attempts) expect(carrier.ringsOf(attempt.id)).toBeLessThanOrEqual(1);
  for (const call of carrier.calls) expect(attempts.map((one) => one.id)).toContain(call.attemptId);
}

test('K2, crash point 5: killed before the intent was committed; another replica dials, as if nothing had been', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await using dying = await startReplica(world, carrier, 'claiming');
  const callback = await world.book(300);
  expect(await dying.nextLine()).toBe('claiming');
  await dying.kill('SIGKILL');
  await using _other = await startReplica(world, carrier);
  const attempt = await world.seeAttempt(callback.id, 'ringing');
  await converse(world, carrier, attempt);
  expect(await world.final(callback.id)).toMatchObject({ status: 'completed', attemptsMade: 1 });
  expect(carrier.requests).toEqual([attempt.id]);
  await expectAtMostOneRing(world, carrier, callback);
});

test.each(['claimed', 'requesting'] as const)(
  'K3, crash point 7: killed between the intent and the request (%s); the carrier is asked first, and only then a new attempt is made',
  async (point) => {
    await using carrier = await FakeCarrierServer.open();
    await using world = await World.open(carrier.url);
    await using dying = await startReplica(world, carrier, point);
    const callback = await world.book(300);
    expect(await dying.nextLine()).toBe(point);
    await using _other = await startReplica(world, carrier);
    const intended = await world.seeAttempt(callback.id, 'sending');
    await dying.kill('SIGKILL');
    const attempt = await world.seeAttempt(callback.id, 'ringing');
    expect(attempt.number).toBe(2);
    await converse(world, carrier, attempt);
    expect(await world.final(callback.id)).toMatchObject({ status: 'completed', attemptsMade: 2 });
    const [first] = await world.attempts(callback.id);
    expect(first).toMatchObject({ id: intended.id, status: 'ended', outcome: 'lost', carrierCallId: null });
    expect(carrier.requests).toEqual([attempt.id]);
    expect(carrier.lookUps).toBeGreaterThanOrEqual(3);
    await expectAtMostOneRing(world, carrier, callback);
  },
);

test("K5, crash point 10: killed between the carrier's yes and our record of it; the call is found, and nobody is rung twice", async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await using dying = await startReplica(world, carrier, 'answered');
  const callback = await world.book(300);
  expect(await dying.nextLine()).toBe('answered');
  expect(carrier.calls).toHaveLength(1);
  await using _other = await startReplica(world, carrier);
  const intended = await world.seeAttempt(callback.id, 'sending');
  await dying.kill('SIGKILL');
  const attempt = await world.seeAttempt(callback.id, 'ringing');
  expect(attempt).toMatchObject({ id: intended.id, carrierCallId: carrier.calls[0]?.carrierCallId });
  await converse(world, carrier, attempt);
  expect(await world.final(callback.id)).toMatchObject({ status: 'completed', attemptsMade: 1 });
  expect(carrier.requests).toEqual([attempt.id]);
  await expectAtMostOneRing(world, carrier, callback);
});

test('K5: killed there while the phone rang out; the truth is No answer, and the retry is a new attempt', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  carrier.behaviour.placedState = { ended: 'no_answer' };
  await using dying = await startReplica(world, carrier, 'answered');
  const callback = await world.book(300);
  expect(await dying.nextLine()).toBe('answered');
  await dying.kill('SIGKILL');
  await using _other = await startReplica(world, carrier);
  expect(await world.final(callback.id)).toMatchObject({ status: 'no_answer', attemptsMade: 3, nextAttemptAt: null });
  expect((await world.attempts(callback.id)).map((one) => one.outcome)).toEqual([
    'no_answer',
    'no_answer',
    'no_answer',
  ]);
  expect(carrier.requests).toHaveLength(3);
  await expectAtMostOneRing(world, carrier, callback);
});

test('K13: frozen between the intent and the request for longer than its lease; it sends nothing when it wakes', async () => {
  await using carrier = await FakeCarrierServer.open();
  await using world = await World.open(carrier.url);
  await using frozen = await startReplica(world, carrier, 'requesting', '1200');
  const callback = await world.book(300);
  expect(await frozen.nextLine()).toBe('requesting');
  process.kill(frozen.pid, 'SIGSTOP');
  await using _other = await startReplica(world, carrier);
  const attempt = await world.seeAttempt(callback.id, 'ringing');
  expect(attempt.number).toBe(2);
  process.kill(frozen.pid, 'SIGCONT');
  // It stops in order: then what it had in hand is over.
  expect(await frozen.finish(), frozen.errors).toBe(0);
  expect(carrier.requests).toEqual([attempt.id]);
  await converse(world, carrier, attempt);
  expect(await world.final(callback.id)).toMatchObject({ status: 'completed' });
  await expectAtMostOneRing(world, carrier, callback);
});
