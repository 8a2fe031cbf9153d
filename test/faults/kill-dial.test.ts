import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DialExchange } from '../fakes/twilio/server.ts';
import { until } from '../support/until.ts';
import { claim, commit, DyingWorld, WAIT_MS } from './support/dying-world.ts';
import { asksFor, conversations, listens, promise, somebody } from './support/promises.ts';

/* A process ends at each point of the way of a promise; another one goes on from what is stored. */

let scene: DyingWorld;

beforeAll(async () => {
  scene = await DyingWorld.open();
}, 120_000);
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(() => scene.revive(), 120_000);

test('K2, crash point 5: killed with the intent written and not committed; another replica dials, as if nothing had been', async () => {
  const to = somebody();
  let id = '';
  {
    using _alone = scene.alone();
    await scene.dieAt({ statement: commit, after: claim, halt: 'before' }, async () => {
      id = await scene.promised(to);
    });
    expect(asksFor(scene.world.twilio, to)).toEqual([]);
  }
  await scene.keptOnce(to, id, ['completed']);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
});

test('K3, crash point 7: killed with the intent committed and not known to be; nothing was asked for, and a second attempt keeps the promise', async () => {
  const to = somebody();
  let id = '';
  {
    using _alone = scene.alone();
    await scene.dieAt({ statement: commit, after: claim, halt: 'done' }, async () => {
      id = await scene.promised(to);
    });
    expect(await scene.world.sql`select status from attempt where callback_id = ${id}`).toEqual([
      { status: 'sending' },
    ]);
  }
  await scene.keptOnce(to, id, ['lost', 'completed']);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
});

test('crash point 6: the connection dies in the commit of the intent; it is looked up, and the promise is kept once', async () => {
  const to = somebody();
  using halt = scene.gate.halt({ statement: commit, after: claim, halt: 'done' });
  let id = '';
  {
    using _alone = scene.alone();
    id = await scene.promised(to);
    await until('the commit', halt.reached, WAIT_MS);
    halt.cut();
  }
  await scene.endOf(id, 'completed');
  expect(conversations(scene.world.twilio, to)).toHaveLength(1);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
});

test.each([
  [
    'crash point 8: killed while the carrier has the request and will never take it; a second attempt keeps the promise',
    false,
  ],
  [
    'K4, crash point 9: killed while the carrier has taken the request and not said so; the call is found, and nobody is rung twice',
    true,
  ],
] as const)('%s', async (_title, placed) => {
  const to = somebody();
  const asked = Promise.withResolvers<DialExchange>();
  scene.world.twilio.faultsTo.set(to, [asked.resolve]);
  let id = '';
  {
    using _alone = scene.alone();
    id = await scene.promised(to);
    const exchange = await until('the request', asked.promise, WAIT_MS);
    await scene.kill();
    if (placed) exchange.place();
    else exchange.response.destroy();
  }
  await scene.keptOnce(to, id, placed ? ['completed'] : ['lost', 'completed']);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(placed ? 1 : 2);
});

test('K5, crash point 10: killed with the yes of the carrier in hand, before it is recorded; the call is adopted', async () => {
  const to = somebody();
  // Nothing but the record and the carrier's list can tell.
  scene.world.twilio.silentTo.add(to);
  const died = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<DialExchange>();
  scene.world.twilio.faultsTo.set(to, [asked.resolve]);
  scene.crowd.is.set(to, async (call) => {
    await call.enter('ringing');
    await died.promise;
    await listens()(call);
  });
  let id = '';
  {
    using _alone = scene.alone();
    id = await scene.promised(to);
    const { place, accept } = await until('the request', asked.promise, WAIT_MS);
    // Whatever it wrote before the request is not what is halted: only the yes comes now.
    await scene.dieAt({ statement: /update "?attempt\b/i, halt: 'before' }, async () => {
      place();
      accept();
    });
  }
  died.resolve();
  await scene.keptOnce(to, id, ['completed']);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
});

test('K6, crash point 11: killed while the telephone rings; whoever is left takes the answer, and there is one conversation', async () => {
  const to = somebody();
  const rings = Promise.withResolvers<void>();
  const died = Promise.withResolvers<void>();
  scene.crowd.is.set(to, async (call) => {
    await call.enter('ringing');
    rings.resolve();
    await died.promise;
    await listens()(call);
  });
  let id = '';
  {
    using _alone = scene.alone();
    scene.onlyTo('dying');
    id = await scene.promised(to);
    await until('the ringing', rings.promise, WAIT_MS);
    await scene.kill();
  }
  died.resolve();
  await scene.keptOnce(to, id, ['completed']);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
});

test.each([
  [
    'K11: killed before a cancel was committed; nobody was told that it was, and the promise is kept',
    'before',
    'completed',
  ],
  ['K11: killed after a cancel was committed, before anybody was told; it is never dialled', 'done', 'cancelled'],
] as const)('%s', async (_title, halt, status) => {
  const to = somebody();
  const { id } = await promise(scene.world, to, 6_000);
  await scene.dieAt({ statement: commit, after: /update "?callback\b/i, halt }, () =>
    scene.ask('dying', `/callbacks/${id}/cancel`),
  );
  if (status === 'completed') return scene.keptOnce(to, id, ['completed']);
  await scene.endOf(id, 'cancelled');
  // Past its time: one that is due later has been dialled.
  const later = somebody();
  const next = await promise(scene.world, later, 6_500);
  await scene.keptOnce(later, next.id, ['completed']);
  expect(asksFor(scene.world.twilio, to)).toEqual([]);
});

test('crash point 16: killed over a "no answer"; either nothing of it is stored or the retry is planned too', async () => {
  const to = somebody();
  scene.crowd.is.set(to, async (call) => {
    scene.crowd.is.delete(to);
    await call.enter('ringing');
    scene.onlyTo('dying');
    await call.enter('no-answer', { SipResponseCode: '487' });
  });
  let id = '';
  using halt = scene.gate.halt({ statement: commit, after: /update "?callback\b.*attempts_made/is, halt: 'before' });
  id = (await promise(scene.world, to)).id;
  await until('the settlement', halt.reached, WAIT_MS);
  expect(await scene.world.sql`select status, next_attempt_at from callback where id = ${id}`).toEqual([
    { status: 'dialing', next_attempt_at: null },
  ]);
  await scene.kill();
  halt.cut();
  await scene.keptOnce(to, id, ['no_answer', 'completed']);
});

test('crash point 20: the database lost the attempt that rings; its webhooks restore it, and nobody is dialled again', async () => {
  const to = somebody();
  const rings = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<void>();
  scene.crowd.is.set(to, async (call) => {
    await call.enter('ringing');
    rings.resolve();
    await lost.promise;
    await listens()(call);
  });
  const { id } = await promise(scene.world, to);
  await until('the ringing', rings.promise, WAIT_MS);
  await until('the record', scene.stored(id, 'carrier_call_id'), WAIT_MS);
  // As a standby has it that never heard of the dial.
  await scene.world.sql.begin(async (sql) => {
    const anHour = sql`now() + interval '1 hour'`;
    await sql`update callback set status = 'scheduled', current_attempt_id = null, next_attempt_at = ${anHour} where id = ${id}`;
    await sql`delete from timer where id in (select a.id from attempt a where a.callback_id = ${id})`;
    await sql`delete from call where callback_id = ${id}`;
    await sql`delete from attempt where callback_id = ${id}`;
    await sql`insert into timer (fire_at, id, kind) values (${anHour}, ${id}, 'dial')`;
  });
  lost.resolve();
  await scene.keptOnce(to, id, ['completed']);
  expect(asksFor(scene.world.twilio, to)).toHaveLength(1);
});

test('K17: a row with which nothing can be done is set aside with its reason, and never stops the others', async () => {
  const bad = await promise(scene.world, somebody(), 3_000);
  const good = await Promise.all(Array.from({ length: 3 }, () => promise(scene.world, somebody(), 3_000)));
  await scene.world.sql`update callback set expires_at = 'infinity' where id = ${bad.id}`;
  for (const { id } of good) await scene.endOf(id, 'completed');
  const failed = await scene.endOf(bad.id, 'failed');
  expect(failed['failureCode']).toBe('bad_data');
  expect(failed['failureReason']).toContain('three times');
  for (const name of scene.world.replicas.keys())
    expect((await fetch(`${scene.world.replica(name).url}/readyz`)).status).toBe(200);
});
