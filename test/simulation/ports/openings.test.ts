import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uuidv7 } from '../../../db/uuid.ts';
import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import { portKinds, type PortWorld } from './port-world.ts';
import { booked, dialled } from './rows.ts';

describe.each(portKinds)('on $name', ({ open }) => {
  let world: PortWorld;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** An attempt of which somebody has picked up. */
  async function answered(): Promise<CallbackAttempt> {
    const callback = await booked(world);
    return world.store.transact(async (tx) => {
      const { id } = await dialled(tx, callback);
      const held = await tx.lockAttempt(id);
      if (held === undefined) throw new Error('it is gone');
      return tx.updateAttempt(held.attempt, { status: 'answered', answeredAt: tx.now });
    });
  }

  test('an opening begins once, and whoever asks again is told so', async () => {
    const { id } = await answered();
    expect(await world.beginOpening(id)).toBe(true);
    const { openingAt } = (await world.store.findAttempt(id)) ?? {};
    expect(openingAt).not.toBeNull();
    expect(await Promise.all([world.beginOpening(id), world.beginOpening(id)])).toEqual([true, true]);
    expect((await world.store.findAttempt(id))?.openingAt).toEqual(openingAt);
  });

  test('an opening waits for whoever judges its attempt, and does not begin after it', async () => {
    const { id } = await answered();
    const judging = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const judged = world.store.transact(async (tx) => {
      const held = await tx.lockAttempt(id);
      if (held === undefined) throw new Error('it is gone');
      locked.resolve();
      await judging.promise;
      await tx.updateAttempt(held.attempt, { status: 'ended', outcome: 'no_answer', endedAt: tx.now });
      await tx.updateCallback(held.callback, { status: 'no_answer', currentAttemptId: null });
    });
    await locked.promise;
    const begun = world.beginOpening(id);
    judging.resolve();
    await judged;
    expect(await begun).toBe(false);
    expect(await world.store.findAttempt(id)).toMatchObject({ openingAt: null, outcome: 'no_answer' });
  });

  test.each([
    ['is not answered', { status: 'ringing' as const }],
    ['has ended, and waits for its verdict', { endedAt: Temporal.Instant.from('2026-11-24T15:00:00Z') }],
  ])('an opening does not begin in a call that %s', async (_what, over) => {
    const { id } = await answered();
    await world.store.transact(async (tx) => {
      const held = await tx.lockAttempt(id);
      if (held !== undefined) await tx.updateAttempt(held.attempt, over);
    });
    expect(await world.beginOpening(id)).toBe(false);
  });

  test('an opening does not begin in a call that somebody wishes to hang up, nor in one that nobody knows', async () => {
    const { id } = await answered();
    await world.store.transact(async (tx) => {
      const held = await tx.lockAttempt(id);
      if (held !== undefined) await tx.updateCallback(held.callback, { hangupRequested: true });
    });
    expect(await world.beginOpening(id)).toBe(false);
    expect(await world.beginOpening(uuidv7())).toBe(false);
  });
});
