import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { SESSION_LOCK_CLASS } from '../../../db/listener.ts';
import { openReplicaStore } from '../../../db/replica-store.ts';
import { attempt, call, callback, replica } from '../../../db/schema.ts';
import { claimCheck } from '../../../src/callbacks/check.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { claimForDial } from '../../support/claim-one.ts';
import { World } from './world.ts';

const HOUR_MS = 3_600_000;
/** A carrier that nobody asks. */
const NO_CARRIER = 'http://127.0.0.1:1';

async function enter(world: World, leaseMs: number, above = 0) {
  const id = randomUUID();
  const store = openReplicaStore(world.database);
  const { epoch } = await store.enter({ id, version: 'test', leaseMs, above, draining: false });
  return { id, epoch, store };
}

/** A callback that this replica has claimed and is sending. */
async function claimed(world: World, owner: { id: string; epoch: number }) {
  const booked = await world.book(1);
  const claim = await claimForDial(world.deps(), {
    callbackId: booked.id,
    ownerId: owner.id,
    ownerEpoch: owner.epoch,
    leadMs: 1_000,
    capacityFree: true,
    vendorsDown: () => [],
  });
  if (claim.do !== 'dial') throw new Error(`not claimed: ${claim.why}`);
  return claim.attempt;
}

test('a lease is granted by the database, renewed under its epoch, and lost with it', async () => {
  await using world = await World.open(NO_CARRIER);
  const { id, epoch, store } = await enter(world, HOUR_MS);
  expect(epoch).toBe(1);
  const renewed = await store.renew({ id, epoch, leaseMs: HOUR_MS });
  expect(renewed?.epoch).toBe(1);
  expect(Math.abs((renewed?.databaseMs ?? 0) - Temporal.Now.instant().epochMilliseconds)).toBeLessThan(60_000);
  await world.database.orm.update(replica).set({ epoch: 4 });
  expect(await store.renew({ id, epoch, leaseMs: HOUR_MS })).toBeUndefined();
  const again = await store.enter({ id, version: 'test', leaseMs: HOUR_MS, above: epoch, draining: true });
  expect(again.epoch).toBe(5);
  expect(await world.database.orm.select().from(replica)).toMatchObject([{ id, epoch: 5, draining: true }]);
});

test('a lease that has run out is not renewed, and a row that was removed starts above the old epoch', async () => {
  await using world = await World.open(NO_CARRIER);
  const { id, epoch, store } = await enter(world, 0);
  expect(await store.renew({ id, epoch, leaseMs: HOUR_MS })).toBeUndefined();
  await store.bury(id);
  const { epoch: next } = await store.enter({ id, version: 'test', leaseMs: HOUR_MS, above: 7, draining: false });
  expect(next).toBe(8);
  await store.bury(id);
  await store.leave(id, 7);
  expect(await world.database.orm.select().from(replica)).toHaveLength(1);
  await store.leave(id, 8);
  expect(await world.database.orm.select().from(replica)).toEqual([]);
});

describe('a replica whose process let go of its session', () => {
  /** What a living process holds, see `Listener.hold`. */
  async function session(world: World, id: string) {
    const client = postgres(world.url, { max: 1 });
    const [row] = await client<{ held: boolean }[]>`
      select pg_try_advisory_lock(${SESSION_LOCK_CLASS}::int, hashtext(${id}::text)) as held`;
    expect(row?.held).toBe(true);
    return { die: () => client.end(), [Symbol.asyncDispose]: () => client.end() };
  }

  test('is taken over at once, and can renew its lease no more', async () => {
    await using world = await World.open(NO_CARRIER);
    const owner = await enter(world, HOUR_MS);
    const sending = await claimed(world, owner);
    await using process = await session(world, owner.id);
    const peer = openReplicaStore(world.database);
    expect(await peer.remains(HOUR_MS, 10)).toEqual({ lapsed: [], unwatched: [] });
    await process.die();
    expect(await peer.remains(HOUR_MS, 10)).toEqual({ lapsed: [owner.id], unwatched: [] });
    expect(await owner.store.renew({ id: owner.id, epoch: owner.epoch, leaseMs: HOUR_MS })).toBeUndefined();
    expect(await peer.remains(HOUR_MS, 10)).toEqual({ lapsed: [owner.id], unwatched: [sending.id] });
  });

  test('is left alone where it never held one, as behind a pooler', async () => {
    await using world = await World.open(NO_CARRIER);
    const owner = await enter(world, HOUR_MS);
    const peer = openReplicaStore(world.database);
    for (let look = 0; look < 3; look += 1) expect((await peer.remains(HOUR_MS, 10)).lapsed).toEqual([]);
    expect(await owner.store.renew({ id: owner.id, epoch: owner.epoch, leaseMs: HOUR_MS })).toBeDefined();
  });

  test('is left alone where it has come back under another epoch', async () => {
    await using world = await World.open(NO_CARRIER);
    const owner = await enter(world, HOUR_MS);
    await using process = await session(world, owner.id);
    const peer = openReplicaStore(world.database);
    await peer.remains(HOUR_MS, 10);
    await process.die();
    const { id, epoch, store } = owner;
    await store.enter({ id, version: 'test', leaseMs: HOUR_MS, above: epoch, draining: false });
    expect((await peer.remains(HOUR_MS, 10)).lapsed).toEqual([]);
    expect((await peer.remains(HOUR_MS, 10)).lapsed).toEqual([]);
  });
});

test('what a dead replica was sending is found by its lease, by its epoch, by its missing row, and by its age', async () => {
  await using world = await World.open(NO_CARRIER);
  const owner = await enter(world, HOUR_MS);
  const sending = await claimed(world, owner);
  const { store } = owner;
  const unwatched = async (staleMs = HOUR_MS) => (await store.remains(staleMs, 10)).unwatched;
  expect(await store.remains(HOUR_MS, 10)).toEqual({ lapsed: [], unwatched: [] });
  expect(await unwatched(0)).toEqual([sending.id]);

  await world.database.orm.update(replica).set({ epoch: 2 });
  expect(await unwatched()).toEqual([sending.id]);

  await world.database.orm.update(replica).set({ epoch: 1, leaseUntil: sending.startedAt });
  expect(await store.remains(HOUR_MS, 10)).toEqual({ lapsed: [owner.id], unwatched: [sending.id] });

  await world.database.orm.delete(replica);
  expect(await unwatched()).toEqual([sending.id]);

  await settleAttempt(world.deps(), sending.id, { kind: 'unknown', detail: 'the test' });
  expect(await unwatched()).toEqual([]);
});

test('of two replicas that both know of a check, one takes it', async () => {
  await using world = await World.open(NO_CARRIER);
  const owner = await enter(world, HOUR_MS);
  const sending = await claimed(world, owner);
  await settleAttempt(world.deps(), sending.id, { kind: 'unknown', detail: 'the test' });
  await world.database.orm.update(attempt).set({ checkAt: null });
  const take = () => claimCheck(world.deps(), sending.id, { holdMs: HOUR_MS, slackMs: 60_000 });
  expect(await take()).toBeUndefined();
  await world.database.orm.update(attempt).set({ checkAt: sending.startedAt });
  const both = await Promise.all([take(), take()]);
  expect(both.filter((one) => one !== undefined)).toHaveLength(1);
  expect(both.find((one) => one !== undefined)?.ringTimeoutMs).toBe(1_000);
});

test('a call is held by the replica that lives, and by no other', async () => {
  await using world = await World.open(NO_CARRIER);
  const owner = await enter(world, HOUR_MS);
  const sending = await claimed(world, owner);
  await settleAttempt(world.deps(), sending.id, { kind: 'answered' }, { carrierCallId: 'CA-1' });
  expect(await owner.store.holdsCall(sending.callId)).toBe(false);
  await world.database.orm.update(call).set({ replicaId: owner.id }).where(eq(call.id, sending.callId));
  expect(await owner.store.holdsCall(sending.callId)).toBe(true);
  await world.database.orm.update(replica).set({ leaseUntil: sending.startedAt });
  expect(await owner.store.holdsCall(sending.callId)).toBe(false);
  expect(await world.database.orm.select().from(callback)).toMatchObject([{ status: 'dialing' }]);
});
