import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { DialExchange } from '../fakes/twilio/server.ts';
import { speak } from '../integration/twilio/world.ts';
import { until } from '../support/until.ts';
import { FULL, OURS } from './replica-world.ts';
import { allSeen, health, openPostgresWorld, type PostgresWorld } from './support/postgres-world.ts';
import { asksFor, conversations, ends, listens, outcomes, people, promise, somebody } from './support/promises.ts';

/* Two replicas over a Postgres of their own that goes away in every way that it can. */

const OUTAGE_MS = FULL ? 10_000 : 3_000;
const FROZEN_MS = FULL ? 30_000 : 6_000;
const WAIT_MS = 60_000;

const crowd = people(listens());
let scene: PostgresWorld;

beforeAll(async () => {
  scene = await openPostgresWorld({
    replicas: ['a', 'b'],
    agent: { limits: { silencePromptSeconds: 60, silencePrompts: 2, maxCallMinutes: 30 } },
    sentences: ['who are you', 'are you still there', 'goodbye'],
  });
  scene.world.twilio.callee = crowd.callee;
}, 120_000);
afterAll(() => scene?.[Symbol.asyncDispose]());

const pass = (ms: number): Promise<void> => systemClock.sleep(ms, new AbortController().signal);

test('P1, W8: Postgres is stopped under a live call: they talk on, webhooks get a 503, and what was due is dialled once it is back', async () => {
  const { world, cluster } = scene;
  const caller = await world.twilio.phone(somebody(), OURS, world.voice);
  await until('the greeting', caller.quiet(), WAIT_MS);
  speak(caller);
  await until('the first answer', caller.quiet(), WAIT_MS);
  const to = somebody();
  const due = await promise(world, to, 1_500);

  await cluster.stop('fast');
  await allSeen(world, false);
  for (const name of ['a', 'b']) expect(await health(world, name)).toEqual({ alive: 200, ready: 503 });
  // The words of this turn can't be stored yet; they are said all the same.
  speak(caller);
  await until('an answer without a database', caller.quiet(), WAIT_MS);
  const refused = await world.signed('a', '/carriers/twilio/voice', {
    CallSid: `CA${'8'.repeat(32)}`,
    From: somebody(),
    To: OURS,
    CallStatus: 'ringing',
    Direction: 'inbound',
  });
  expect(refused.status).toBe(503);
  await pass(OUTAGE_MS);
  expect(asksFor(world.twilio, to)).toEqual([]);

  await cluster.start();
  await allSeen(world, true);
  const done = await ends(world, due, 'completed');
  expect(outcomes(done)).toEqual(['completed']);
  expect(asksFor(world.twilio, to)).toHaveLength(1);
  speak(caller);
  await until('the end of the call', caller.ended, WAIT_MS);
  expect(caller.streams).toBe(1);
  const log = await world.logOf(caller.sid);
  expect(log.transcript.map(({ role, heardText, text }) => [role, heardText ?? text]).slice(0, 6)).toEqual([
    ['agent', 'Hello.'],
    ['caller', 'who are you'],
    ['agent', 'You said: who are you'],
    ['caller', 'are you still there'],
    ['agent', 'You said: are you still there'],
    ['caller', 'goodbye'],
  ]);
});

test('P2: Postgres is killed while the carrier takes the dial: the call is adopted, and nobody is rung twice', async () => {
  const { world, cluster } = scene;
  const to = somebody();
  const asked = Promise.withResolvers<DialExchange>();
  world.twilio.faultsTo.set(to, [(exchange) => asked.resolve(exchange)]);
  const due = await promise(world, to, 300);
  const exchange = await until('the request', asked.promise, WAIT_MS);
  await cluster.stop('immediate');
  exchange.place();
  exchange.accept();
  await allSeen(world, false);
  await cluster.start();
  await allSeen(world, true);
  const done = await ends(world, due, 'completed');
  expect(outcomes(done)).toEqual(['completed']);
  expect(asksFor(world.twilio, to)).toEqual([done.attempts[0]?.id]);
  expect(conversations(world.twilio, to)).toHaveLength(1);
});

test('P3: a replica that starts without Postgres waits for it, alive and not ready, and then does its work', async () => {
  const { world, cluster } = scene;
  await cluster.stop('fast');
  const late = await world.launch('c');
  await allSeen(world, false);
  await pass(OUTAGE_MS);
  expect(await health(world, 'c')).toEqual({ alive: 200, ready: 503 });
  await cluster.start();
  await allSeen(world, true);
  expect(await late.stop('SIGTERM')).toBe(0);
  world.replicas.delete('c');
});

test('P4: Postgres is frozen for longer than a lease: nothing is dialled on it, and once when it thaws', async () => {
  const { world, cluster } = scene;
  const to = somebody();
  const due = await promise(world, to, 1_000);
  {
    using _frozen = await cluster.freeze();
    await allSeen(world, false);
    await pass(FROZEN_MS);
    expect(asksFor(world.twilio, to)).toEqual([]);
    for (const name of ['a', 'b']) expect(await health(world, name)).toEqual({ alive: 200, ready: 503 });
  }
  await allSeen(world, true);
  const done = await ends(world, due, 'completed');
  expect(outcomes(done)).toEqual(['completed']);
  expect(asksFor(world.twilio, to)).toHaveLength(1);
});

test('P10: Postgres only lets itself be read: replicas say that they are not ready, and go on when it can be written again', async () => {
  const { world, cluster } = scene;
  const to = somebody();
  const due = await promise(world, to, 1_500);
  await using admin = await cluster.connect();
  const readOnly = async (on: boolean): Promise<void> => {
    await admin.sql.unsafe(`set default_transaction_read_only = off`);
    await admin.sql.unsafe(`alter system set default_transaction_read_only = ${on ? 'on' : 'off'}`);
    await admin.sql`select pg_reload_conf()`;
  };
  await readOnly(true);
  await allSeen(world, false);
  await pass(OUTAGE_MS);
  expect(await health(world, 'a')).toEqual({ alive: 200, ready: 503 });
  expect(asksFor(world.twilio, to)).toEqual([]);
  await readOnly(false);
  await allSeen(world, true);
  await ends(world, due, 'completed');
  expect(asksFor(world.twilio, to)).toHaveLength(1);
});

test('P7: all sessions are ended each second while people are promised calls: none of the promises is lost or kept twice', async () => {
  const { world, cluster } = scene;
  await using admin = await cluster.connect();
  const rounds = FULL ? 30 : 5;
  const promised: { to: string; id: string }[] = [];
  let refused = 0;
  for (let round = 0; round < rounds; round += 1) {
    const people_ = [somebody(), somebody()];
    const booked = await Promise.all(
      people_.map((to) =>
        promise(world, to, 1_000).then(
          ({ id }) => ({ to, id }),
          () => null,
        ),
      ),
    );
    for (const one of booked) {
      if (one === null) refused += 1;
      else promised.push(one);
    }
    await admin.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ringback'`;
    await pass(1_000);
  }
  await allSeen(world, true);
  for (const { id, to } of promised) {
    const done = await world.watch(
      `the end of ${id}`,
      `/callbacks/${id}`,
      ({ status }) => status === 'completed',
      WAIT_MS,
    );
    expect(outcomes(done).filter((outcome) => outcome === 'completed')).toHaveLength(1);
    asksFor(world.twilio, to);
    expect(conversations(world.twilio, to)).toHaveLength(1);
  }
  expect(promised.length + refused).toBe(2 * rounds);
  expect(promised.length).toBeGreaterThan(0);
  for (const name of ['a', 'b']) expect((await health(world, name)).alive).toBe(200);
});
