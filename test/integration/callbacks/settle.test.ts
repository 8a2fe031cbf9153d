import { eq } from 'drizzle-orm';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CallbackStore } from '../../../db/callback-store.ts';
import { beginOpening } from '../../../db/openings.ts';
import { call, carrierPause, replica } from '../../../db/schema.ts';
import { admitAnswer } from '../../../src/callbacks/admit.ts';
import { noteNotFound, postponeCheck } from '../../../src/callbacks/check.ts';
import { wishHangup } from '../../../src/callbacks/hang-up.ts';
import { adoptOrphans } from '../../../src/callbacks/orphans.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import type { AttemptEvidence } from '../../../src/domain/attempt-states.ts';
import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import type { Callback } from '../../../src/domain/callback.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';

let world: CallbackWorld;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.checkInvariants());

type Agent = Awaited<ReturnType<CallbackWorld['agent']>>;

/** A callback of a person of their own that is being dialled. */
async function dialling(agent?: Agent): Promise<{ agent: Agent; callback: Callback; attempt: CallbackAttempt }> {
  const own = agent ?? (await world.agent());
  const { callback } = await world.book(own, world.person());
  const { attempt } = await world.dial(callback.id);
  return { agent: own, callback, attempt };
}

async function settle(attemptId: string, ...told: AttemptEvidence[]): Promise<void> {
  for (const evidence of told) await settleAttempt(world.deps, attemptId, evidence);
}

const ended = (end: 'hung_up' | 'no_answer' | 'busy' | 'failed'): AttemptEvidence => ({ kind: 'ended', end });
const notPlaced: AttemptEvidence = { kind: 'not_placed', detail: 'the carrier asked us to slow down' };

describe('webhooks that come late, twice, shuffled and at the same moment', () => {
  test('end in the same state, with one retry and one call', async () => {
    const agent = await world.agent();
    const told: AttemptEvidence[] = [{ kind: 'placed' }, { kind: 'ringing' }, { kind: 'answered' }, ended('hung_up')];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...told, ...told], { minLength: 8 }), async (order) => {
        const { callback, attempt } = await dialling(agent);
        const carrierCallId = `CA${attempt.id}`;
        await Promise.all(order.map((evidence) => settleAttempt(world.deps, attempt.id, evidence, { carrierCallId })));
        await settle(attempt.id, { kind: 'verdict_overdue' });
        expect(await world.store.findAttempt(attempt.id)).toMatchObject({
          status: 'ended',
          outcome: 'no_answer',
          counted: true,
          carrierCallId,
          checkAt: null,
        });
        const after = await world.store.find(callback.id);
        expect(after).toMatchObject({ status: 'no_answer', attemptsMade: 1, currentAttemptId: null });
        expect(after?.nextAttemptAt).not.toBeNull();
        expect(await world.database.orm.select().from(call).where(eq(call.id, attempt.callId))).toMatchObject([
          { status: 'completed', carrierCallId, attemptId: attempt.id, conversationId: callback.conversationId },
        ]);
      }),
      { numRuns: 25 },
    );
  });

  test('tell the consoles of each change, and of nothing else', async () => {
    const { callback, attempt } = await dialling();
    const before = (await world.events(callback.id)).length;
    await settle(attempt.id, { kind: 'ringing' }, { kind: 'ringing' }, { kind: 'placed' });
    expect((await world.events(callback.id)).length - before).toBe(1);
    await settle(attempt.id, ended('busy'), ended('busy'), { kind: 'answered' });
    expect((await world.events(callback.id)).length - before).toBe(2);
  });

  test('of another call than the attempt’s own say nothing of it', async () => {
    const { callback, attempt } = await dialling();
    await settleAttempt(world.deps, attempt.id, { kind: 'ringing' }, { carrierCallId: 'CA-ours' });
    expect(await settleAttempt(world.deps, attempt.id, ended('busy'), { carrierCallId: 'CA-other' })).toBeUndefined();
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'dialing' });
  });

  test('of an attempt that nobody knows change nothing', async () => {
    expect(await settleAttempt(world.deps, uuidv7(), ended('busy'))).toBeUndefined();
  });
});

test('a conversation completes the callback, and a waived hour is not waived again', async () => {
  const { callback, attempt } = await dialling();
  await settle(attempt.id, { kind: 'answered' }, { kind: 'opening' }, ended('hung_up'));
  expect(await world.store.find(callback.id)).toMatchObject({
    status: 'completed',
    attemptsMade: 1,
    nextAttemptAt: null,
    hoursWaivedFor: null,
  });
});

describe('an opening', () => {
  const begin = (attemptId: string): Promise<boolean> => beginOpening(world.database, attemptId);

  test('that was begun makes it a conversation, whatever becomes of the line; told again it stays as it was', async () => {
    const { callback, attempt } = await dialling();
    await settle(attempt.id, { kind: 'answered' });
    expect(await begin(attempt.id)).toBe(true);
    const { openingAt } = (await world.store.findAttempt(attempt.id)) ?? {};
    expect(await begin(attempt.id)).toBe(true);
    expect((await world.store.findAttempt(attempt.id))?.openingAt).toEqual(openingAt);
    await settle(attempt.id, ended('failed'));
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'completed', attemptsMade: 1 });
  });

  test('is not waited for: a call that ended without it is a No answer at once, and not spoken in any more', async () => {
    const { callback, attempt } = await dialling();
    await settle(attempt.id, { kind: 'answered' }, ended('hung_up'));
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'no_answer', attemptsMade: 1 });
    expect(await begin(attempt.id)).toBe(false);
    expect(await world.store.findAttempt(attempt.id)).toMatchObject({ openingAt: null, outcome: 'no_answer' });
  });

  test('may not begin before the answer, after the end, against a wish to hang up, or of nothing', async () => {
    const agent = await world.agent({ policy: { detectMachines: true } });
    const [ringing, over, unwanted] = [await dialling(agent), await dialling(agent), await dialling(agent)];
    await settle(ringing.attempt.id, { kind: 'ringing' });
    // Its verdict is waited for still.
    await settle(over.attempt.id, { kind: 'answered' }, ended('hung_up'));
    await settle(unwanted.attempt.id, { kind: 'answered' });
    await wishHangup(world.deps, unwanted.attempt.id);
    const ids = [ringing.attempt.id, over.attempt.id, unwanted.attempt.id, uuidv7()];
    expect(await Promise.all(ids.map(begin))).toEqual([false, false, false, false]);
  });

  test('and the end of its call in the very same moment agree on what came first', async () => {
    const agent = await world.agent();
    for (let round = 0; round < 40; round += 1) {
      const { callback, attempt } = await dialling(agent);
      await settle(attempt.id, { kind: 'answered' });
      const work = [() => begin(attempt.id), () => settleAttempt(world.deps, attempt.id, ended('hung_up'))];
      const said = await Promise.all((round % 2 === 0 ? work : work.toReversed()).map((run) => run()));
      const began = said.includes(true);
      expect((await world.store.find(callback.id))?.status).toBe(began ? 'completed' : 'no_answer');
    }
  });

  test('is no word to wait for where an operator hung up', async () => {
    const agent = await world.agent({ policy: { detectMachines: true } });
    const { callback, attempt } = await dialling(agent);
    await settle(attempt.id, { kind: 'answered' });
    await wishHangup(world.deps, attempt.id);
    await settle(attempt.id, ended('hung_up'));
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'no_answer', nextAttemptAt: null });
  });
});

test('with machine detection the verdict is waited for, and then settles it', async () => {
  const agent = await world.agent({ policy: { detectMachines: true } });
  const { callback, attempt } = await dialling(agent);
  await settle(attempt.id, { kind: 'answered' }, { kind: 'opening' }, ended('hung_up'));
  const waiting = await world.store.findAttempt(attempt.id);
  expect(waiting).toMatchObject({ status: 'answered', outcome: null });
  expect(waiting?.checkAt?.since(waiting.endedAt ?? attempt.startedAt).total('seconds')).toBe(10);
  expect(await world.store.find(callback.id)).toMatchObject({ status: 'dialing' });
  await settle(attempt.id, { kind: 'verdict', verdict: 'machine' });
  const after = await world.store.find(callback.id);
  expect(after).toMatchObject({ status: 'no_answer', attemptsMade: 1 });
  expect(after?.nextAttemptAt?.since(waiting?.endedAt ?? attempt.startedAt).total('minutes')).toBe(240);
});

describe('a newer promise', () => {
  test('ends an older one that was placed as a final No answer', async () => {
    const { agent, callback, attempt } = await dialling();
    const newer = await world.book(agent, callback.to, { by: 'caller' });
    await settle(attempt.id, { kind: 'ringing' }, ended('no_answer'));
    expect(await world.store.find(callback.id)).toMatchObject({
      status: 'no_answer',
      nextAttemptAt: null,
      cancelledBy: null,
    });
    expect(await world.store.find(newer.callback.id)).toMatchObject({ status: 'scheduled' });
  });

  test('cancels an older one of which nothing was placed', async () => {
    const { agent, callback, attempt } = await dialling();
    await world.book(agent, callback.to, { by: 'caller' });
    await settle(attempt.id, notPlaced);
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'cancelled', cancelledBy: 'superseded' });
  });

  test('does not undo a conversation', async () => {
    const { agent, callback, attempt } = await dialling();
    await world.book(agent, callback.to, { by: 'caller' });
    await settle(attempt.id, { kind: 'answered' }, { kind: 'opening' }, ended('hung_up'));
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'completed' });
  });

  test('booked in the very moment in which the dial ends leaves one open promise, and no error', async () => {
    const agent = await world.agent();
    for (let round = 0; round < 60; round += 1) {
      const { callback, attempt } = await dialling(agent);
      const work = [
        () => settleAttempt(world.deps, attempt.id, ended('no_answer')),
        () => world.book(agent, callback.to, { by: 'caller' }),
      ];
      await Promise.all((round % 2 === 0 ? work : work.toReversed()).map((run) => run()));
      const open = await world.database.sql<{ id: string }[]>`
        select id from callback where to_number = ${callback.to} and next_attempt_at is not null`;
      expect(open).toHaveLength(1);
    }
  });
});

describe('what was not placed', () => {
  test('is given back as it was: scheduled, or waiting for its retry', async () => {
    const agent = await world.agent({ policy: { retryDelaysMinutes: { noAnswer: [0], busy: [0], machine: [0] } } });
    const { callback, attempt } = await dialling(agent);
    await settleAttempt(world.deps, attempt.id, notPlaced, { retryAfterMs: 30_000 });
    const released = await world.store.find(callback.id);
    expect(released).toMatchObject({
      status: 'scheduled',
      attemptsMade: 0,
      releases: 1,
      warning: 'The carrier asked us to slow down.',
    });
    expect(released?.nextAttemptAt?.since(released.updatedAt).total('seconds')).toBe(30);

    await world.claim(callback.id, { leadMs: 60_000 });
    const second = (await world.store.attemptsOf(callback.id))[1]?.id ?? '';
    await settle(second, ended('no_answer'));
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'no_answer', attemptsMade: 1, releases: 0 });
    await world.dial(callback.id);
    const third = (await world.store.attemptsOf(callback.id))[2]?.id ?? '';
    await settle(third, notPlaced);
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'no_answer', attemptsMade: 1, releases: 1 });
  });

  test('for a fault of the account pauses the carrier, once, and the callback waits', async () => {
    const agent = await world.agent({ carrier: 'bankrupt' });
    const [one, other] = [await dialling(agent), await dialling(agent)];
    const fault: AttemptEvidence = { kind: 'refused', outcome: 'account_fault', detail: 'no credit' };
    await settle(one.attempt.id, fault);
    await settle(other.attempt.id, { ...fault, detail: 'still no credit' });
    expect(
      await world.database.orm.select().from(carrierPause).where(eq(carrierPause.carrier, 'bankrupt')),
    ).toMatchObject([{ reason: 'no credit' }]);
    expect(await world.store.find(one.callback.id)).toMatchObject({ status: 'scheduled', attemptsMade: 0 });
    expect(await world.claim(one.callback.id, { leadMs: 60_000 })).toEqual({ do: 'rest', why: 'wait' });
  });
});

test('a permanent refusal fails at once, with its reason', async () => {
  const { callback, attempt } = await dialling();
  await settle(attempt.id, { kind: 'refused', outcome: 'invalid_number', detail: 'this number does not exist' });
  expect(await world.store.find(callback.id)).toMatchObject({
    status: 'failed',
    failureCode: 'invalid_number',
    failureReason: 'This number does not exist.',
    attemptsMade: 0,
  });
});

describe('the answer gate', () => {
  test('admits the answer of the attempt that is dialled, and the same answer again', async () => {
    const { attempt } = await dialling();
    const answer = { attemptId: attempt.id, carrierCallId: 'CA-1' };
    expect(await admitAnswer(world.deps, answer)).toMatchObject({
      ok: true,
      attempt: { status: 'answered', carrierCallId: 'CA-1' },
    });
    expect(await admitAnswer(world.deps, answer)).toMatchObject({ ok: true, attempt: { status: 'answered' } });
    expect(await world.database.orm.select().from(call).where(eq(call.id, attempt.callId))).toMatchObject([
      { status: 'in_progress' },
    ]);
    expect(await admitAnswer(world.deps, { ...answer, carrierCallId: 'CA-2' })).toEqual({ ok: false });
  });

  test('refuses who answers for an attempt that was given up', async () => {
    const { callback, attempt } = await dialling();
    await settle(attempt.id, { kind: 'unknown', detail: 'the answer was lost' }, { kind: 'lost' });
    expect(await admitAnswer(world.deps, { attemptId: attempt.id, carrierCallId: 'CA-3' })).toEqual({ ok: false });
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'no_answer', attemptsMade: 1 });
    expect(await admitAnswer(world.deps, { attemptId: uuidv7(), carrierCallId: 'CA-4' })).toEqual({ ok: false });
  });

  test('refuses after a wish to hang up, which is final: never dialled again', async () => {
    const { callback, attempt } = await dialling();
    await settle(attempt.id, { kind: 'unknown', detail: 'the answer was lost' });
    await wishHangup(world.deps, attempt.id);
    expect(await admitAnswer(world.deps, { attemptId: attempt.id, carrierCallId: 'CA-5' })).toEqual({ ok: false });
    await settle(attempt.id, ended('hung_up'));
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'no_answer', nextAttemptAt: null });
    await expect(wishHangup(world.deps, attempt.id)).rejects.toMatchObject({ code: 'call_ended' });
    await expect(wishHangup(world.deps, uuidv7())).rejects.toMatchObject({ code: 'callback_not_found' });
  });
});

test('a call that an operator hung up while it rang says so', async () => {
  const { attempt } = await dialling();
  await settleAttempt(world.deps, attempt.id, { kind: 'ringing' }, { carrierCallId: 'CA-ringing' });
  await wishHangup(world.deps, attempt.id);
  await settle(attempt.id, { kind: 'ended', end: 'cancelled' });
  const calls = await world.database.sql<{ reason: string | null }[]>`
    select end_reason as reason from call where attempt_id = ${attempt.id}`;
  expect([...calls]).toEqual([{ reason: 'operator' }]);
});

describe('a wish to hang up after the answer', () => {
  test('is final before the opening, and changes nothing after it', async () => {
    const [before, after] = [await dialling(), await dialling()];
    await settle(before.attempt.id, { kind: 'answered' });
    await settle(after.attempt.id, { kind: 'answered' }, { kind: 'opening' });
    for (const { attempt } of [before, after]) {
      await wishHangup(world.deps, attempt.id);
      await settle(attempt.id, ended('hung_up'));
    }
    expect(await world.store.find(before.callback.id)).toMatchObject({ status: 'no_answer', nextAttemptAt: null });
    expect(await world.store.find(after.callback.id)).toMatchObject({ status: 'completed' });
  });
});

describe('an attempt of which nobody knows', () => {
  test('is looked up three times, and lost after the third empty answer', async () => {
    const { callback, attempt } = await dialling();
    expect(await noteNotFound(world.deps, attempt.id)).toBeUndefined();
    await settle(attempt.id, { kind: 'unknown', detail: 'the answer was lost' });
    const unknown = await world.store.findAttempt(attempt.id);
    expect(unknown?.checkAt?.since(attempt.startedAt).total('seconds')).toBeCloseTo(5, 0);
    const first = await noteNotFound(world.deps, attempt.id);
    expect(first?.attempt.checkAt?.since(attempt.startedAt).total('seconds')).toBeCloseTo(25, 0);
    const second = await noteNotFound(world.deps, attempt.id);
    expect(second?.attempt.checkAt?.since(attempt.startedAt).total('seconds')).toBeCloseTo(90, 0);
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'dialing' });
    expect(await noteNotFound(world.deps, attempt.id)).toMatchObject({ attempt: { outcome: 'lost', counted: true } });
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'no_answer', attemptsMade: 1 });
    expect(await world.database.orm.select().from(call).where(eq(call.id, attempt.callId))).toEqual([]);
  });

  test('is found by a late webhook, and then not lost', async () => {
    const { attempt } = await dialling();
    await settle(attempt.id, { kind: 'unknown', detail: 'the answer was lost' }, { kind: 'ringing' });
    expect(await noteNotFound(world.deps, attempt.id)).toBeUndefined();
    await postponeCheck(world.deps, attempt, 1_000);
    expect(await world.store.findAttempt(attempt.id)).toMatchObject({ status: 'ringing' });
    await settle(attempt.id, ended('no_answer'));
    await postponeCheck(world.deps, attempt, 1_000);
    expect(await world.store.findAttempt(attempt.id)).toMatchObject({ checkAt: null });
  });
});

describe('who takes over from a dead replica', () => {
  test('raises its epoch first, and turns what it was sending into unknown', async () => {
    const ownerId = await world.replica();
    const agent = await world.agent();
    const { callback } = await world.book(agent, world.person());
    const { callback: open } = await world.book(agent, world.person());
    const claimed = await world.claim(callback.id, { ownerId });
    expect(claimed.do).toBe('dial');
    expect(await adoptOrphans(world.deps, ownerId)).toBe(false);
    await world.database.sql`update replica set lease_until = now() - interval '1 ms' where id = ${ownerId}::uuid`;
    expect(await adoptOrphans(world.deps, ownerId)).toBe(true);
    const [attempt] = await world.store.attemptsOf(callback.id);
    expect(attempt).toMatchObject({ status: 'unknown', outcome: null });
    expect(attempt?.checkAt).not.toBeNull();
    expect(await world.store.find(callback.id)).toMatchObject({ status: 'dialing' });
    // It wakes up, and its lease with it: under its old epoch it claims nothing.
    await world.database.sql`update replica set lease_until = now() + interval '1 hour' where id = ${ownerId}::uuid`;
    expect(await world.database.orm.select().from(replica).where(eq(replica.id, ownerId))).toMatchObject([
      { epoch: 2 },
    ]);
    expect(await world.claim(open.id, { ownerId })).toEqual({ do: 'rest', why: 'not_ours' });
  });

  test('leaves alone what the replica dials meanwhile, alive again under a new epoch', async () => {
    const ownerId = await world.replica();
    const { callback } = await world.book(await world.agent(), world.person());
    await world.database.sql`update replica set lease_until = now() - interval '1 ms' where id = ${ownerId}::uuid`;
    let isRaised = false;
    const store: CallbackStore = {
      ...world.store,
      async transact(work) {
        const value = await world.store.transact(work);
        if (isRaised) return value;
        isRaised = true;
        await world.database.sql`
          update replica set epoch = epoch + 1, lease_until = now() + interval '1 hour' where id = ${ownerId}::uuid`;
        expect(await world.claim(callback.id, { ownerId, ownerEpoch: 3 })).toMatchObject({ do: 'dial' });
        return value;
      },
    };
    expect(await adoptOrphans({ ...world.deps, store }, ownerId)).toBe(true);
    expect(await world.store.attemptsOf(callback.id)).toMatchObject([{ status: 'sending', ownerEpoch: 3 }]);
  });

  test('leaves what is known of alone', async () => {
    const ownerId = await world.replica();
    const { callback } = await world.book(await world.agent(), world.person());
    await world.claim(callback.id, { ownerId });
    const [attempt] = await world.store.attemptsOf(callback.id);
    await settle(attempt?.id ?? '', { kind: 'ringing' });
    await world.database.sql`update replica set lease_until = now() - interval '1 second' where id = ${ownerId}::uuid`;
    expect(await adoptOrphans(world.deps, ownerId)).toBe(true);
    expect(await world.store.findAttempt(attempt?.id ?? '')).toMatchObject({ status: 'ringing' });
  });
});
