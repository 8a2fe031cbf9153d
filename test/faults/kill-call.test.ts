import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { TwilioCall } from '../fakes/twilio/call.ts';
import { until } from '../support/until.ts';
import { FULL, type Wire } from './replica-world.ts';
import { DyingWorld, WAIT_MS } from './support/dying-world.ts';
import { asksFor, promise, somebody } from './support/promises.ts';

/* A process ends under calls; they go on elsewhere, and what is stored of them is true. */

/** Of `run-replica.ts`, or of the product. */
const LEASE_MS = FULL ? 10_000 : 3_500;
/** A call whose replica is dead counts as left. */
const LEFT_WITHIN_MS = FULL ? 110_000 : 40_000;
/** The statement that stores that an opening begins. */
const begins = /update "?attempt"? as a set opening_at/i;
let scene: DyingWorld;

beforeAll(async () => {
  scene = await DyingWorld.open();
}, 120_000);
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(() => scene.revive(), 120_000);
afterEach(() => {
  scene.opensWith = null;
});

test('K7, crash point 13: killed over the webhook of the answer; the carrier asks again elsewhere, and the conversation begins once', async () => {
  const to = somebody();
  const answers = Promise.withResolvers<void>();
  scene.crowd.is.set(to, async (call) => {
    await call.enter('ringing');
    await call.enter('in-progress');
    // Stands still with the webhook in hand, and then is gone.
    process.kill(scene.world.replica('dying').pid, 'SIGSTOP');
    scene.onlyTo('dying');
    const followed = call.follow(call.options.request?.get('Url') ?? '');
    answers.resolve();
    await followed;
    await call.said(600);
    await call.hangUp();
  });
  const { id } = await promise(scene.world, to);
  await until('the answer', answers.promise, WAIT_MS);
  await scene.kill();
  await scene.keptOnce(to, id, ['completed']);
});

test('K8, crash point 14: killed in the middle of a callback; the other one goes on with it, and nobody is dialled again', async () => {
  const to = somebody();
  const talking = Promise.withResolvers<TwilioCall>();
  scene.crowd.is.set(to, async (call) => {
    await call.enter('ringing');
    await call.enter('in-progress');
    await call.follow(call.options.request?.get('Url') ?? '');
    await call.said(600);
    talking.resolve(call);
  });
  scene.onlyTo('dying');
  const { id } = await promise(scene.world, to);
  const call = await until('the opening', talking.promise, WAIT_MS);
  await scene.stored(id, 'opening_at');
  await scene.kill();
  await until('the next stream', call.opened(2), WAIT_MS);
  await call.hangUp();
  await scene.keptOnce(to, id, ['completed']);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
  expect((await scene.world.logOf(call.sid)).transcript.map(({ role }) => role)).toContain('agent');
});

test.each([
  ['before the database hears of it', 'before', null],
  ['when it is stored, and nobody has been told', 'done', 'stored'],
] as const)(
  'K8, crash point 23: killed while it is stored that the opening begins, %s; nobody heard a word, and the other one opens',
  async (_when, halt, opening) => {
    const to = somebody();
    const answers = Promise.withResolvers<TwilioCall>();
    scene.crowd.is.set(to, async (call) => {
      await call.enter('ringing');
      await call.enter('in-progress');
      await call.follow(call.options.request?.get('Url') ?? '');
      answers.resolve(call);
    });
    scene.onlyTo('dying');
    let id = '';
    await scene.dieAt(
      { statement: begins, halt },
      async () => {
        ({ id } = await promise(scene.world, to));
      },
      async () => {
        const call = await until('the answer', answers.promise, WAIT_MS);
        expect(call.heard.filter((frame) => frame !== null)).toEqual([]);
        const { sql } = scene.world;
        const [row] = await sql<{ begun: boolean }[]>`
          select opening_at is not null as begun from attempt where callback_id = ${id}`;
        expect(row?.begun).toBe(opening === 'stored');
      },
    );
    const call = await answers.promise;
    await until('the opening', call.said(600), WAIT_MS);
    await call.hangUp();
    await scene.keptOnce(to, id, ['completed']);
    expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
  },
);

test('crash point 23: the way to the database is lost while the opening is stored; it is asked again, and heard once', async () => {
  const to = somebody();
  scene.crowd.is.set(to, async (call) => {
    await call.enter('ringing');
    await call.enter('in-progress');
    await call.follow(call.options.request?.get('Url') ?? '');
    await call.said(600);
    await call.hangUp();
  });
  scene.onlyTo('dying');
  using halt = scene.gate.halt({ statement: begins, halt: 'done' });
  const { id } = await promise(scene.world, to);
  await until('the opening to be stored', halt.reached, WAIT_MS);
  // The answer never comes; the next one says that it is stored.
  halt.cut();
  await scene.keptOnce(to, id, ['completed']);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
});

test('K8: killed in the middle of a sentence, and they hang up at that moment; what was being said is closed', async () => {
  scene.opensWith = Array.from({ length: 40 }, (_, index) => `This is sentence number ${index + 1}.`).join(' ');
  const to = somebody();
  const talking = Promise.withResolvers<TwilioCall>();
  scene.crowd.is.set(to, async (call) => {
    call.asksWhatNext = false;
    await call.enter('ringing');
    await call.enter('in-progress');
    await call.follow(call.options.request?.get('Url') ?? '');
    await call.said(100);
    talking.resolve(call);
  });
  scene.onlyTo('dying');
  const { id } = await promise(scene.world, to);
  const call = await until('the opening', talking.promise, WAIT_MS);
  await scene.stored(id, 'opening_at');
  const { sql } = scene.world;
  await scene.found(
    'what is being said',
    () => sql`select from turn join call on call.id = call_id where callback_id = ${id} and turn.ended_at is null`,
  );
  await scene.kill();
  await call.hangUp();
  await scene.keptOnce(to, id, ['completed']);
  const log = await scene.world.logOf(call.sid);
  const isOver = ({ transcript }: Wire): boolean => transcript.every(({ endedAt }) => endedAt !== null);
  const { transcript } = await scene.world.watch('the end of its turns', `/calls/${log.id}`, isOver, LEFT_WITHIN_MS);
  expect(transcript).toMatchObject([{ role: 'agent', interrupted: true, heardText: expect.any(String) as unknown }]);
});

test('K9: killed between the hang-up and the last write; the call and its transcript are closed all the same', async () => {
  const to = somebody();
  const talking = Promise.withResolvers<TwilioCall>();
  scene.crowd.is.set(to, async (call) => {
    await call.enter('ringing');
    await call.enter('in-progress');
    await call.follow(call.options.request?.get('Url') ?? '');
    await call.said(600);
    talking.resolve(call);
  });
  scene.onlyTo('dying');
  const { id } = await promise(scene.world, to);
  const call = await until('the opening', talking.promise, WAIT_MS);
  await scene.stored(id, 'opening_at');
  // Nobody hears of the end from the carrier either.
  scene.world.twilio.silentTo.add(to);
  await scene.dieAt({ statement: /update "?call\b/i, halt: 'before' }, () => call.hangUp());
  await scene.keptOnce(to, id, ['completed']);
  const log = await scene.world.logOf(call.sid);
  expect(log.transcript.length).toBeGreaterThan(0);
});

test('K14: frozen under a live callback, for a moment and for longer than its lease; one status, and one conversation', async () => {
  for (const frozenMs of FULL ? [3_000, 30_000] : [1_000, 6_000]) {
    const to = somebody();
    const talking = Promise.withResolvers<TwilioCall>();
    scene.crowd.is.set(to, async (call) => {
      await call.enter('ringing');
      await call.enter('in-progress');
      await call.follow(call.options.request?.get('Url') ?? '');
      await call.said(400);
      talking.resolve(call);
    });
    scene.onlyTo('dying');
    const { id } = await promise(scene.world, to);
    const call = await until('the opening', talking.promise, WAIT_MS);
    await scene.stored(id, 'opening_at');
    const { pid } = scene.world.replica('dying');
    process.kill(pid, 'SIGSTOP');
    scene.everywhere();
    await systemClock.sleep(frozenMs, new AbortController().signal);
    // By then its proxy has left it, and the other one does all of the work.
    if (frozenMs > LEASE_MS) {
      await until('the proxy to leave it', scene.world.balancer.sees('dying', false), WAIT_MS);
      const other = await promise(scene.world, somebody());
      await scene.endOf(other.id, 'completed');
    }
    process.kill(pid, 'SIGCONT');
    expect(call.isOver).toBe(false);
    await call.hangUp();
    await scene.keptOnce(to, id, ['completed']);
    expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
    await scene.world.logOf(call.sid);
  }
});

test('K16: a replica with calls runs out of memory; its calls go on elsewhere, those of the other one undisturbed', async () => {
  await scene.kill('SIGTERM');
  await scene.revive({
    NODE_OPTIONS: '--max-old-space-size=160 --import=./test/faults/support/eat-memory.ts',
  });
  const calls: TwilioCall[] = [];
  for (const name of ['staying', 'dying', 'dying', 'dying']) calls.push(await scene.phones(name));
  scene.everywhere();
  scene.died();
  process.kill(scene.world.replica('dying').pid, 'SIGUSR2');
  await until('its end', scene.world.balancer.sees('dying', false), WAIT_MS);
  const [undisturbed, ...others] = calls;
  for (const call of others) await until('the next stream', call.opened(2), WAIT_MS);
  expect([undisturbed?.streams, undisturbed?.isOver]).toEqual([1, false]);
  for (const call of calls) {
    await call.hangUp();
    expect(new Set((await scene.world.logOf(call.sid)).transcript.map(({ role }) => role))).toEqual(new Set(['agent']));
  }
  const due = await promise(scene.world, somebody());
  await scene.endOf(due.id, 'completed');
});
