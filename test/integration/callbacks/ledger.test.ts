import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLedger } from '../../../db/ledger-store.ts';
import { cancelCallback } from '../../../src/callbacks/cancel.ts';
import { dialNow, moveCallback } from '../../../src/callbacks/move.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import type { AgentSettings } from '../../../src/domain/agent.ts';
import type { AttemptEvidence } from '../../../src/domain/attempt-states.ts';
import { isOpen } from '../../../src/domain/callback-states.ts';
import type { PromiseClass } from '../../../src/domain/ledger.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';

let opened: AsyncDisposableStack;
let world: CallbackWorld;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  world = opened.use(await openCallbackWorld());
});
afterEach(() => opened.disposeAsync());

/** What a dial can come to, and whether the carrier was really asked for a call. */
const fates: readonly { name: string; evidence: readonly AttemptEvidence[]; asked: boolean }[] = [
  { name: 'nobody picks up', evidence: [{ kind: 'placed' }, { kind: 'ended', end: 'no_answer' }], asked: true },
  { name: 'busy', evidence: [{ kind: 'placed' }, { kind: 'ended', end: 'busy' }], asked: true },
  {
    name: 'they talk',
    evidence: [{ kind: 'answered' }, { kind: 'opening' }, { kind: 'ended', end: 'hung_up' }],
    asked: true,
  },
  { name: 'it rings still', evidence: [{ kind: 'ringing' }], asked: true },
  { name: 'nobody knows', evidence: [{ kind: 'unknown', detail: 'cut' }], asked: true },
  { name: 'it is being sent', evidence: [], asked: false },
  { name: 'not placed', evidence: [{ kind: 'not_placed', detail: 'busy carrier' }], asked: false },
  { name: 'lost', evidence: [{ kind: 'unknown', detail: 'cut' }, { kind: 'lost' }], asked: false },
  { name: 'no such number', evidence: [{ kind: 'refused', outcome: 'invalid_number', detail: 'no' }], asked: true },
];

/** A promise as the test remembers it: nothing of it is read from attempts. */
interface Known {
  readonly id: string;
  readonly to: string;
  due: Temporal.Instant;
  /** Since it was last moved, when the carrier was first asked. */
  firstAsked: Temporal.Instant | null;
}

async function classOf(known: Known): Promise<PromiseClass> {
  const callback = await world.store.find(known.id);
  if (callback === undefined) throw new Error('a booking is gone');
  if (known.firstAsked !== null)
    return Temporal.Instant.compare(known.firstAsked, known.due.add({ seconds: 60 })) <= 0 ? 'kept' : 'late';
  if (callback.status === 'cancelled') return 'cancelled';
  return callback.status === 'dialing' || isOpen(callback) ? 'open' : 'broken';
}

/** One random thing that happens to one promise, or a new booking. */
async function step(agent: AgentSettings, promises: Known[], random: () => number): Promise<void> {
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const book = async (to: string): Promise<void> => {
    const away = pick([0, -120, 3_600]) ?? 0;
    const { callback } = await world.book(agent, to, {
      when: (now) => ({ at: now.add({ seconds: away }), zone: 'America/New_York', zoneNamed: true }),
    });
    promises.push({ id: callback.id, to, due: callback.dueAt, firstAsked: null });
  };
  const known = pick(promises);
  const now = known === undefined ? undefined : await world.store.find(known.id);
  if (known === undefined || now === undefined || random() < 0.2) return book(world.person());
  if (!isOpen(now)) {
    const taken = (await world.store.list({ to: known.to, order: 'asc', limit: 50 })).some(isOpen);
    // Undone, asked for again while it rings (which supersedes it), or ended by evidence that comes late.
    if (!taken && random() < 0.5) return book(known.to);
    if (now.currentAttemptId !== null)
      await settleAttempt(world.deps, now.currentAttemptId, { kind: 'ended', end: 'no_answer' });
    const [attempt] = (await world.store.attemptsOf(known.id)).filter(({ id }) => id === now.currentAttemptId);
    if (attempt !== undefined && attempt.status === 'ended') known.firstAsked ??= attempt.startedAt;
    return;
  }
  switch (pick(['dial', 'dial', 'dial', 'move', 'cancel', 'expire'])) {
    case 'move': {
      const at = Temporal.Now.instant().add({ seconds: pick([0, 1_800]) ?? 0 });
      const moved = await moveCallback(world.deps, known.id, { dueAt: at, override: true }, 'operator');
      known.due = moved.dueAt;
      known.firstAsked = null;
      return;
    }
    case 'cancel':
      await cancelCallback(world.deps, known.id, 'operator');
      return;
    case 'expire':
      await world.database.sql`update callback set expires_at = now() - interval '1 s' where id = ${known.id}::uuid`;
      await dialNow(world.deps, known.id, { override: true }, 'operator');
      await world.claim(known.id);
      return;
    default: {
      await dialNow(world.deps, known.id, { override: true }, 'operator');
      const claimed = await world.claim(known.id);
      if (claimed.do !== 'dial') return;
      const fate = pick(fates);
      for (const evidence of fate?.evidence ?? []) await settleAttempt(world.deps, claimed.attempt.id, evidence);
      if (fate?.asked === true) known.firstAsked ??= claimed.attempt.startedAt;
    }
  }
}

test.each([1, 2, 3, 4, 5, 6])(
  'every booking is in one class of the ledger, whatever happened (seed %i)',
  async (seed) => {
    const random = seeded(seed);
    const agent = await world.agent({ policy: { maxAttempts: 3, maxDialsPerDay: 1_000 } });
    const promises: Known[] = [];
    for (let steps = 0; steps < 80; steps += 1) await step(agent, promises, random);

    const ledger = await readLedger(world.database);
    const expected = { kept: 0, late: 0, broken: 0, open: 0, cancelled: 0 };
    for (const known of promises) expected[await classOf(known)] += 1;

    expect(ledger.promises).toEqual(expected);
    expect(ledger.bookings).toBe(promises.length);
    expect(Object.values(ledger.promises).reduce((a, b) => a + b)).toBe(ledger.bookings);
    const [attempts] = await world.database.sql<{ n: number }[]>`select count(*)::float8 as n from attempt`;
    expect(Object.values(ledger.attempts).reduce((a, b) => a + b)).toBe(attempts?.n);
  },
);

test('a promise that was rung in time and then moved is open again, and kept or late by its new time', async () => {
  const agent = await world.agent();
  const { callback } = await world.book(agent, world.person());
  const { attempt } = await world.dial(callback.id);
  await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'busy' });
  expect((await readLedger(world.database)).promises).toMatchObject({ kept: 1, open: 0 });
  const at = Temporal.Now.instant().add({ hours: 1 });
  await moveCallback(world.deps, callback.id, { dueAt: at, override: true }, 'operator');
  expect((await readLedger(world.database)).promises).toMatchObject({ kept: 0, open: 1 });
});

test('an attempt that is under way for an hour shows how long, and one that has ended does not', async () => {
  const agent = await world.agent();
  const { callback } = await world.book(agent, world.person());
  const { attempt } = await world.dial(callback.id);
  await world.database.sql`update attempt set started_at = now() - interval '1 hour' where id = ${attempt.id}::uuid`;
  expect((await readLedger(world.database)).oldestInFlightSeconds).toBeGreaterThanOrEqual(3_600);
  await settleAttempt(world.deps, attempt.id, { kind: 'ended', end: 'busy' });
  expect((await readLedger(world.database)).oldestInFlightSeconds).toBe(0);
});

test('an open promise that nobody asked for a minute after its time shows as overdue', async () => {
  const agent = await world.agent();
  const due = (secondsAgo: number) => ({
    when: (now: Temporal.Instant) => ({
      at: now.subtract({ seconds: secondsAgo }),
      zone: 'America/New_York',
      zoneNamed: true,
    }),
  });
  await world.book(agent, world.person(), due(90));
  await world.book(agent, world.person(), due(30));
  expect(await readLedger(world.database)).toMatchObject({ overdue: 1, promises: { open: 2 } });
});

/** mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = Math.imul(state + 0x6d2b79f5, 1);
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
