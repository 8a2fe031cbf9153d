import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { ReplicaWorld } from './replica-world.ts';
import { Cluster } from './support/cluster.ts';
import { allSeen, openPostgresWorld } from './support/postgres-world.ts';
import { asksFor, conversations, ends, listens, outcomes, people, promise, somebody } from './support/promises.ts';

/* The database behind the same name is another one than a moment ago: a promoted standby, or a backup. */

const WAIT_MS = 90_000;

/** Rings until it is told to pick up. */
function patient() {
  const rings = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  return {
    rings: rings.promise,
    pickUp: told.resolve,
    callee: async (call: Parameters<ReturnType<typeof listens>>[0]) => {
      await call.enter('ringing');
      rings.resolve();
      await told.promise;
      await listens(600, 0)(call);
    },
  };
}

test('P9: the primary dies with a dial that its standby never heard of: the carrier is asked first, and nobody is rung twice', async () => {
  await using primary = await Cluster.open({ wal_level: 'replica', max_wal_senders: '4' });
  await using stream = await openTcpProxy({ host: '127.0.0.1', port: primary.port });
  await using standby = await primary.standby(stream.port);
  await using link = await openTcpProxy({ host: '127.0.0.1', port: primary.port });
  await using world = await ReplicaWorld.open(['a', 'b'], {
    scaled: true,
    environment: { DRAIN_TIMEOUT_SECONDS: '1' },
    database: { url: primary.url.replace(`:${primary.port}/`, `:${link.port}/`), sqlUrl: primary.url },
  });
  const crowd = people(listens());
  world.twilio.callee = crowd.callee;
  const to = somebody();
  const person = patient();
  crowd.is.set(to, person.callee);
  const due = await promise(world, to, 8_000);
  await until(
    'the standby to have the promise',
    sooner(async () => (await standby.run(`select 1 from callback where id = '${due.id}'`)).length > 0),
    WAIT_MS,
  );
  // From here on the standby hears nothing: what comes is lost with the primary.
  stream.refuse(true);
  await until('the ringing', person.rings, WAIT_MS);

  await primary.stop('immediate');
  const [behind] = await standby.run(`select status, (select count(*)::int from attempt) as attempts from callback`);
  expect(behind).toEqual({ status: 'scheduled', attempts: 0 });
  await standby.promote();
  link.aim({ host: '127.0.0.1', port: standby.port });
  link.cut();
  await allSeen(world, true);
  const found = await world.watch(
    'the call of the lost dial',
    `/callbacks/${due.id}`,
    ({ status }) => status === 'dialing',
    WAIT_MS,
  );
  expect(found.attempts).toMatchObject([{ number: 1, carrierCallId: world.twilio.calls[0]?.sid }]);
  await world.watch('the end of the hold', '/outbound', (outbound) => outbound['held'] === false, WAIT_MS);
  person.pickUp();
  expect(outcomes(await ends(world, due, 'completed'))).toEqual(['completed']);
  expect(asksFor(world.twilio, to)).toHaveLength(1);
  expect(conversations(world.twilio, to)).toHaveLength(1);
  // And it dials again by itself.
  const next = somebody();
  await ends(world, await promise(world, next, 500), 'completed');
  expect(asksFor(world.twilio, next)).toHaveLength(1);
}, 240_000);

test('D13: a backup is put back in which a kept promise is still open: nobody is dialled until an operator says so', async () => {
  await using scene = await openPostgresWorld({ replicas: ['a'], environment: { TEST_EPOCH_MS: '1500' } });
  const { world, cluster } = scene;
  world.twilio.callee = listens();
  const kept = somebody();
  const due = await promise(world, kept, 3_600_000);
  await using backup = await cluster.backUp();
  await allSeen(world, true);
  const old = await epochOf(cluster);
  await world.api('POST', `/callbacks/${due.id}/dial-now`, {});
  await ends(world, due, 'completed');
  expect(asksFor(world.twilio, kept)).toHaveLength(1);
  // What a replica remembers outside of the database is the epoch before the present one.
  await until(
    'later epochs',
    sooner(async () => (await epochOf(cluster)) >= old + 3),
    WAIT_MS,
  );

  await backup.putBack();
  expect(await epochOf(cluster)).toBeLessThan(old + 3);
  await cluster.run(`
    update callback set next_attempt_at = now() where id = '${due.id}';
    update timer set fire_at = now() where id = '${due.id}'`);
  const again = await world.watch(
    'the open promise',
    `/callbacks/${due.id}`,
    ({ warning }) => warning !== null,
    WAIT_MS,
  );
  expect(again).toMatchObject({
    status: 'scheduled',
    attempts: [],
    warning: expect.stringContaining('held') as string,
  });
  expect(await world.api('GET', '/outbound')).toMatchObject({ held: true });
  expect(asksFor(world.twilio, kept)).toHaveLength(1);

  // The operator knows better: cancels what was kept, and lets the rest go on.
  await world.api('POST', `/callbacks/${due.id}/cancel`);
  await world.api('POST', '/outbound/release');
  const next = somebody();
  await ends(world, await promise(world, next, 500), 'completed');
  expect(asksFor(world.twilio, kept)).toHaveLength(1);
  expect(asksFor(world.twilio, next)).toHaveLength(1);
}, 240_000);

async function epochOf(cluster: Cluster): Promise<number> {
  const [row] = await cluster.run(`select value->>'epoch' as epoch from setting where key = 'database_identity'`);
  return Number(row?.['epoch'] ?? 0);
}

/** Looks ten times a second. */
async function sooner(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock.sleep(100, new AbortController().signal);
}
