import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { uuidv7 } from '../../../db/uuid.ts';
import { claimCheck } from '../../../src/callbacks/check.ts';
import { openDesk } from '../../../src/callbacks/desk.ts';
import type { DeskCall } from '../../../src/callbacks/desk-call.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { defaultCallbackPolicy, type CallbackPolicy } from '../../../src/domain/agent.ts';
import type { AttemptEvidence, CarrierEnd } from '../../../src/domain/attempt-states.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';

let world: CallbackWorld;
beforeAll(async () => {
  world = await openCallbackWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(() => world.checkInvariants());

type Agent = Awaited<ReturnType<CallbackWorld['agent']>>;

/** What a caller hears who wishes something; `booked` where it is promised. */
async function wish(agent: Agent, over: Partial<Parameters<ReturnType<typeof openDesk>['book']>[0]> = {}) {
  const person = world.person();
  const id = await world.inboundCall(agent.id, person, null);
  const call: DeskCall = { id, agent, person, ourNumber: agent.ownNumber, timeZone: null, callbackId: null };
  const request = { wish: { inMinutes: 30 }, reason: 'it', confirmOutsideHours: false, ...over };
  const answer = await openDesk(world.deps, call, uuidv7()).book(request);
  return answer.ok ? 'booked' : answer.error;
}

/** What follows on a dial that ends so: the minutes to the retry; null for none. */
async function retryAfter(agent: Agent, ...told: AttemptEvidence[]): Promise<number | null> {
  const { callback } = await world.book(agent, world.person());
  const { attempt } = await world.dial(callback.id);
  for (const evidence of told) await settleAttempt(world.deps, attempt.id, evidence);
  const [after, ended] = [await world.store.find(callback.id), await world.store.findAttempt(attempt.id)];
  if (after === undefined || ended?.endedAt == null) throw new Error('it was to end');
  return after.nextAttemptAt?.since(ended.endedAt).total('minutes') ?? null;
}

const ended = (end: CarrierEnd): AttemptEvidence => ({ kind: 'ended', end });
const machine: AttemptEvidence[] = [
  { kind: 'answered' },
  { kind: 'opening' },
  { kind: 'verdict', verdict: 'machine' },
  ended('hung_up'),
];
const { retryDelaysMinutes } = defaultCallbackPolicy;
const hour = (ahead: number): string =>
  `${Temporal.Now.zonedDateTimeISO('America/New_York').add({ hours: ahead }).toPlainTime().toString().slice(0, 2)}:00`;
const closedNow = { start: hour(8), end: hour(10) };
const inThreeHours = { wish: { inMinutes: 180 } };

/** Every field of the policy, a value of it, and what is then so that is not so with another value. */
const fields: {
  readonly [Field in keyof CallbackPolicy]: readonly (readonly [
    policy: Partial<CallbackPolicy>,
    look: (agent: Agent) => Promise<unknown>,
    expected: unknown,
  ])[];
} = {
  maxAttempts: [
    [{ maxAttempts: 1 }, (agent) => retryAfter(agent, ended('no_answer')), null],
    [{ maxAttempts: 2 }, (agent) => retryAfter(agent, ended('no_answer')), 15],
  ],
  retryDelaysMinutes: [
    [
      { retryDelaysMinutes: { ...retryDelaysMinutes, noAnswer: [7] } },
      (agent) => retryAfter(agent, ended('no_answer')),
      7,
    ],
    [
      { retryDelaysMinutes: { ...retryDelaysMinutes, noAnswer: [] } },
      (agent) => retryAfter(agent, ended('no_answer')),
      null,
    ],
    [{ retryDelaysMinutes: { ...retryDelaysMinutes, busy: [8] } }, (agent) => retryAfter(agent, ended('busy')), 8],
    [
      { retryDelaysMinutes: { ...retryDelaysMinutes, busy: [0.5] } },
      (agent) => retryAfter(agent, ended('rejected')),
      0.5,
    ],
    [{ retryDelaysMinutes: { ...retryDelaysMinutes, machine: [9] } }, (agent) => retryAfter(agent, ...machine), 9],
  ],
  ringTimeoutSeconds: [12, 45].map((ringTimeoutSeconds) => [
    { ringTimeoutSeconds },
    async (agent) => {
      const { callback } = await world.book(agent, world.person());
      const { attempt } = await world.dial(callback.id);
      await settleAttempt(world.deps, attempt.id, { kind: 'ringing' });
      return (await claimCheck(world.deps, attempt.id, { holdMs: 1_000, slackMs: 3_600_000 }))?.ringTimeoutMs;
    },
    ringTimeoutSeconds * 1_000,
  ]),
  callingHours: [
    [{ callingHours: closedNow }, (agent) => wish(agent, inThreeHours), expect.stringMatching(/outside the hours/)],
    [{ callingHours: null }, (agent) => wish(agent, inThreeHours), 'booked'],
  ],
  outsideHours: [
    [
      { callingHours: closedNow, outsideHours: 'refuse' },
      (agent) => wish(agent, { ...inThreeHours, confirmOutsideHours: true }),
      expect.stringMatching(/Offer that instead/),
    ],
    [
      { callingHours: closedNow, outsideHours: 'confirm' },
      (agent) => wish(agent, { ...inThreeHours, confirmOutsideHours: true }),
      'booked',
    ],
  ],
  horizonDays: [
    [
      { horizonDays: 1 },
      (agent) => wish(agent, { wish: { inMinutes: 60 * 30 } }),
      expect.stringMatching(/more than 1 days/),
    ],
    [{ horizonDays: 2 }, (agent) => wish(agent, { wish: { inMinutes: 60 * 30 } }), 'booked'],
  ],
  expiresAfterMinutes: [30, 90].map((expiresAfterMinutes) => [
    { expiresAfterMinutes },
    async (agent) => {
      const { callback } = await world.book(agent, world.person());
      return callback.expiresAt.since(callback.dueAt).total('minutes');
    },
    expiresAfterMinutes,
  ]),
  maxDialsPerDay: [
    [{ maxDialsPerDay: 1 }, secondDial, 'wait'],
    [{ maxDialsPerDay: 2 }, secondDial, 'dial'],
  ],
  allowOtherNumbers: [
    [{ allowOtherNumbers: true }, numberCalled, 'the other one'],
    [{ allowOtherNumbers: false }, numberCalled, 'their own'],
  ],
  allowedCountries: [
    [{ allowedCountries: ['GB'] }, (agent) => wish(agent), expect.stringMatching(/may not be called/)],
    [{ allowedCountries: ['US'] }, (agent) => wish(agent), 'booked'],
    // None are those of its own numbers.
    [{ allowedCountries: [] }, (agent) => wish(agent), 'booked'],
  ],
  detectMachines: [true, false].map((detectMachines) => [
    { detectMachines },
    async (agent) => {
      const { callback } = await world.book(agent, world.person());
      return (await world.dial(callback.id)).attempt.machineDetection;
    },
    detectMachines,
  ]),
  onMachine: [
    [{ onMachine: 'hang_up', detectMachines: true }, (agent) => retryAfter(agent, ...machine), 240],
    [
      { onMachine: 'leave_message', machineMessage: 'Please call us.', detectMachines: true },
      (agent) => retryAfter(agent, ...machine),
      null,
    ],
  ],
  machineMessage: [
    // Where there are no words for it, none can be left.
    [
      { onMachine: 'leave_message', machineMessage: ' ', detectMachines: true },
      (agent) => retryAfter(agent, ...machine),
      240,
    ],
    [
      { onMachine: 'leave_message', machineMessage: 'Please call us.', detectMachines: true },
      (agent) => retryAfter(agent, ...machine),
      null,
    ],
  ],
};

async function secondDial(agent: Agent): Promise<string> {
  const person = world.person();
  const { callback } = await world.book(agent, person);
  const { attempt } = await world.dial(callback.id);
  await settleAttempt(world.deps, attempt.id, ended('no_answer'));
  await world.database.sql`
    update callback set next_attempt_at = now() where id = ${callback.id}::uuid`;
  await world.database.sql`
    update timer set fire_at = (select next_attempt_at from callback c where c.id = timer.id) where id = ${callback.id}::uuid`;
  const claimed = await world.claim(callback.id);
  return claimed.do === 'rest' ? claimed.why : claimed.do;
}

async function numberCalled(agent: Agent): Promise<string> {
  const phoneNumber = world.person();
  expect(await wish(agent, { phoneNumber })).toBe('booked');
  const others = await world.store.list({ to: phoneNumber, order: 'asc', limit: 1 });
  return others.length === 1 ? 'the other one' : 'their own';
}

describe.each(Object.entries(fields))('%s', (_field, cases) => {
  test.each(cases.map((one) => [JSON.stringify(one[0]), one] as const))(
    '%s',
    async (_policy, [policy, look, expected]) => {
      expect(
        await look(
          await world.agent({ policy: { detectMachines: policy.retryDelaysMinutes !== undefined, ...policy } }),
        ),
      ).toEqual(expected);
    },
  );
});

test('a limit of attempts that is changed after the booking counts for what was booked', async () => {
  const agent = await world.agent({
    policy: { maxAttempts: 2, retryDelaysMinutes: { ...retryDelaysMinutes, noAnswer: [0] } },
  });
  const limit = (most: number) => world.database.sql`
    update agent set callback_policy = jsonb_set(callback_policy, '{maxAttempts}', to_jsonb(${most}::int))
    where id = ${agent.id}::uuid`;
  const { callback } = await world.book(agent, world.person());
  const misses = async () => {
    await settleAttempt(world.deps, (await world.dial(callback.id)).attempt.id, ended('no_answer'));
    return world.store.find(callback.id);
  };
  expect(await misses()).toMatchObject({ attemptsMade: 1, maxAttempts: 2 });
  await limit(4);
  const raised = await misses();
  expect(raised).toMatchObject({ attemptsMade: 2, maxAttempts: 4, status: 'no_answer' });
  expect(raised?.nextAttemptAt).not.toBeNull();
  // Lowered below what was made, a retry that was planned already is dialled no more, and it says why.
  await limit(1);
  expect(await world.claim(callback.id)).toEqual({ do: 'rest', why: 'fail' });
  expect(await world.store.find(callback.id)).toMatchObject({
    status: 'no_answer',
    nextAttemptAt: null,
    failureCode: 'attempts_used',
  });
  expect((await world.store.attemptsOf(callback.id)).map(({ outcome }) => outcome)).toEqual([
    'no_answer',
    'no_answer',
    'blocked',
  ]);
});
