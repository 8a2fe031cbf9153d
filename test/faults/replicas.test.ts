import { expect, test } from 'vitest';
import { speak } from '../integration/twilio/world.ts';
import { until } from '../support/until.ts';
import { OURS, PERSON, ReplicaWorld } from './replica-world.ts';

const TWILIO = '/carriers/twilio';

test('two replicas behind one address share a story: whoever is asked, the promise is made and kept', async () => {
  await using world = await ReplicaWorld.open(['a', 'b'], {
    sentences: ['please call me back in 2 seconds', 'goodbye then', 'thanks goodbye'],
  });
  const { twilio, balancer } = world;
  const inbound = await twilio.phone(PERSON, OURS, world.voice);
  await until('the greeting', inbound.quiet(), 30_000);
  speak(inbound);
  await until('the sentence of the promise', inbound.quiet(), 30_000);
  const { items } = await world.api('GET', '/callbacks');
  expect(items).toEqual([expect.objectContaining({ to: PERSON, reason: 'they asked for it' })]);
  speak(inbound);
  await until('the end of the call', inbound.ended, 30_000);

  const outbound = await until('the dial', twilio.placed(0), 60_000);
  await until('the opening', outbound.quiet(), 30_000);
  speak(outbound);
  await until('the end of the callback', outbound.ended, 30_000);
  const done = await world.watch('the promise kept', `/callbacks/${items[0]?.id ?? ''}`, (callback) => {
    return callback.status === 'completed';
  });
  expect(done).toMatchObject({ attemptsMade: 1, phase: null, nextAttemptAt: null, failureReason: null });
  expect(done.attempts).toEqual([expect.objectContaining({ outcome: 'completed', carrierCallId: outbound.sid })]);
  expect(twilio.dialled).toHaveLength(1);

  const calls = await world.watch('both call logs', '/calls', (body) =>
    body.items.every((call) => call['endedAt'] !== null),
  );
  expect(calls.items.map(({ direction, status, endReason }) => [direction, status, endReason])).toEqual([
    ['outbound', 'completed', 'agent_ended'],
    ['inbound', 'completed', 'agent_ended'],
  ]);
  expect(new Set(calls.items.map(({ conversationId }) => conversationId)).size).toBe(1);

  // Each of them served webhooks and streams.
  const wire = balancer.served.filter(({ path }) => path.startsWith(TWILIO));
  expect(new Set(wire.map(({ by }) => by))).toEqual(new Set(['a', 'b']));
  expect(wire.length).toBeGreaterThanOrEqual(8);
}, 180_000);
