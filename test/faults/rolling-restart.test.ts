import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { until } from '../support/until.ts';
import { FULL, OURS, ReplicaWorld, type Wire } from './replica-world.ts';
import { asksFor, conversations, listens, outcomes, promise, somebody } from './support/promises.ts';

/* All processes share the cores of one machine here: at full length there are more calls and more races. */

const CALLS = FULL ? 50 : 6;
const DUE = FULL ? 60 : 12;
const RACES = FULL ? 500 : 60;
const LANES = 10;
const WAIT_MS = 90_000;

const STORY = Array.from({ length: 40 }, (_, index) => `This is sentence number ${index + 1} of a long story.`).join(
  ' ',
);

test('D1: each replica is replaced by a new one under live calls and due callbacks: no call breaks, and nobody is dialled twice', async () => {
  await using world = await ReplicaWorld.open(['a', 'b'], {
    scaled: true,
    environment: { DRAIN_TIMEOUT_SECONDS: '1' },
    agent: {
      greeting: STORY.slice(0, 980),
      limits: { silencePromptSeconds: 120, silencePrompts: 2, maxCallMinutes: 30 },
    },
  });
  const { twilio } = world;
  twilio.callee = listens();
  const calls = await Promise.all(Array.from({ length: CALLS }, () => twilio.phone(somebody(), OURS, world.voice)));
  await Promise.all(calls.map((call) => until('some of the story', call.said(400), WAIT_MS)));
  const dues: { to: string; due: Wire }[] = [];
  for (let index = 0; index < DUE; index += 1) {
    const to = somebody();
    dues.push({ to, due: await promise(world, to, 2_000 + index * 500) });
  }
  for (const [old, young] of [
    ['a', 'c'],
    ['b', 'd'],
  ] as const) {
    await world.start(young);
    expect(await world.replica(old).stop('SIGTERM')).toBe(0);
  }
  for (const { to, due } of dues) {
    const done = await world.watch(
      `the end of ${due.id}`,
      `/callbacks/${due.id}`,
      ({ status }) => status === 'completed',
      WAIT_MS,
    );
    expect(outcomes(done).filter((outcome) => outcome === 'completed')).toHaveLength(1);
    expect(conversations(twilio, to)).toHaveLength(1);
    asksFor(twilio, to);
  }
  // Each went on in another stream, on a replica of the new ones, and is talked to there.
  for (const call of calls) {
    expect(call.isOver).toBe(false);
    expect(call.streams).toBeGreaterThanOrEqual(2);
  }
  await Promise.all(calls.map((call) => call.hangUp()));
  const { items } = await world.watch(
    'the ends of the calls',
    '/calls?limit=100',
    ({ items: all }) => all.every((call) => call['endedAt'] !== null),
    WAIT_MS,
  );
  const inbound = items.filter((call) => call['direction'] === 'inbound');
  expect(inbound.map(({ status }) => status)).toEqual(Array.from({ length: CALLS }, () => 'completed'));
}, 300_000);

test('D10: a promise is cancelled at the very moment of its dial, again and again: it is cancelled or dialled, never both', async () => {
  await using world = await ReplicaWorld.open(['a', 'b'], {
    scaled: true,
    environment: { DRAIN_TIMEOUT_SECONDS: '1' },
  });
  const { twilio, sql } = world;
  twilio.callee = (call) => call.enter('failed', { SipResponseCode: '404' });
  const race = async (index: number): Promise<{ to: string; id: string; cancelled: boolean }> => {
    const to = somebody();
    const due = await promise(world, to, 700);
    const inMs = Date.parse(String(due['dueAt'])) - Temporal.Now.instant().epochMilliseconds;
    // A request takes a few milliseconds, the claim begins 20 ms before the time.
    await systemClock.sleep(Math.max(0, inMs - 60 + (index % 60)), new AbortController().signal);
    const { status } = await world.ask('POST', `/callbacks/${due.id}/cancel`);
    expect([200, 409]).toContain(status);
    return { to, id: due.id, cancelled: status === 200 };
  };
  const races: Awaited<ReturnType<typeof race>>[] = [];
  await Promise.all(
    Array.from({ length: LANES }, async (_, first) => {
      for (let index = first; index < RACES; index += LANES) races.push(await race(index));
    }),
  );
  await world.watch(
    'the end of all',
    '/callbacks/counts',
    (counts) => Number(counts['cancelled']) + Number(counts['failed']) === RACES,
    WAIT_MS,
  );
  const rows = await sql<{ id: string; status: string; attempts: number }[]>`
    select c.id, c.status, count(a.id)::int as attempts from callback c left join attempt a on a.callback_id = c.id group by c.id`;
  for (const { to, id, cancelled } of races) {
    const row = rows.find((one) => one.id === id);
    expect({ id, status: row?.status, asked: asksFor(twilio, to).length }).toEqual(
      cancelled ? { id, status: 'cancelled', asked: 0 } : { id, status: 'failed', asked: 1 },
    );
  }
  // Both sides won sometimes, or there was no race.
  expect(races.some(({ cancelled }) => cancelled)).toBe(true);
  expect(races.some(({ cancelled }) => !cancelled)).toBe(true);
}, 300_000);
