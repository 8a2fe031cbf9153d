import { expect, test } from 'vitest';
import { findFreePort } from '../../db/embedded/server.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { ReplicaWorld } from './replica-world.ts';
import { asksFor, conversations, ends, listens, outcomes, promise, somebody } from './support/promises.ts';

/* The carrier as a whole: its account, and the way to it. */

const options = { scaled: true, environment: { DRAIN_TIMEOUT_SECONDS: '1' } };

test('R2: credentials that are refused pause the carrier, loudly: promises wait, use no attempt, and are kept once it is well', async () => {
  await using world = await ReplicaWorld.open(['a'], options);
  const { twilio } = world;
  twilio.callee = listens();
  const [first, second] = [somebody(), somebody()];
  twilio.accountStatus = 'suspended';
  twilio.faultsTo.set(first, [({ refuse }) => refuse(401, 20_003)]);
  const one = await promise(world, first);
  const waiting = await world.watch(
    'the fault',
    `/callbacks/${one.id}`,
    (body) => outcomes(body)[0] === 'account_fault' && body['warning'] !== null,
  );
  expect(waiting).toMatchObject({ attemptsMade: 0, warning: expect.stringContaining('account') as string });
  expect((await world.api('GET', '/outbound'))['carriers']).toContainEqual(
    expect.objectContaining({ name: 'twilio', paused: true }),
  );
  // Nobody is dialled to find out: what is due now waits with it.
  const two = await promise(world, second);
  const held = await world.watch('the pause', `/callbacks/${two.id}`, ({ warning }) => warning !== null);
  expect(held).toMatchObject({ status: 'scheduled', attemptsMade: 0, attempts: [] });
  twilio.accountStatus = 'active';
  for (const due of [one, two]) expect(await ends(world, due, 'completed')).toMatchObject({ attemptsMade: 1 });
  expect(asksFor(twilio, first)).toHaveLength(2);
  expect(asksFor(twilio, second)).toHaveLength(1);
});

test('R7: a carrier that refuses connections was certainly not asked: it is tried again, and uses no attempt', async () => {
  const port = await findFreePort();
  await using world = await ReplicaWorld.open(['a'], {
    ...options,
    environment: { ...options.environment, TWILIO_BASE_URL: `http://127.0.0.1:${port}` },
  });
  const { twilio } = world;
  twilio.callee = listens();
  const to = somebody();
  const due = await promise(world, to);
  const tried = await world.watch(
    'two tries',
    `/callbacks/${due.id}`,
    ({ attempts, warning }) => attempts.length >= 2 && warning !== null,
  );
  expect(tried).toMatchObject({ attemptsMade: 0, warning: expect.stringContaining('could not be reached') as string });
  await using _way = await openTcpProxy({ host: '127.0.0.1', port: Number(new URL(twilio.url).port) }, port);
  const done = await ends(world, due, 'completed');
  expect(done['attemptsMade']).toBe(1);
  expect(
    outcomes(done)
      .slice(0, -1)
      .every((outcome) => outcome === 'not_placed'),
  ).toBe(true);
  expect(asksFor(twilio, to)).toHaveLength(1);
  expect(conversations(twilio, to)).toHaveLength(1);
});

test.each([
  ['has no address', () => 'http://no-such-carrier.invalid'],
  ['speaks no TLS', (url: string) => url.replace('http:', 'https:')],
])('R7: a carrier that %s was certainly not asked: it is tried again, and uses no attempt', async (_name, baseUrl) => {
  await using world = await ReplicaWorld.open([], options);
  const { twilio } = world;
  await world.start('a', { TWILIO_BASE_URL: baseUrl(twilio.url) });
  await world.setUp();
  const to = somebody();
  const due = await promise(world, to);
  const tried = await world.watch(
    'two tries',
    `/callbacks/${due.id}`,
    ({ attempts, warning }) => attempts.length >= 2 && warning !== null,
  );
  expect(tried).toMatchObject({ attemptsMade: 0, warning: expect.stringContaining('could not be reached') as string });
  expect(outcomes(tried).filter((outcome) => outcome !== null && outcome !== 'not_placed')).toEqual([]);
  expect(asksFor(twilio, to)).toEqual([]);
});
