import { afterAll, beforeAll, expect } from 'vitest';
import type { TwilioCall, TwilioStatus } from '../fakes/twilio/call.ts';
import type { Callee } from '../fakes/twilio/server.ts';
import { readMarkup } from '../fakes/twilio/markup.ts';
import { until } from '../support/until.ts';
import { OURS, ReplicaWorld, type Wire } from './replica-world.ts';
import { asksFor, conversations, ends, listens, outcomes, people, promise, somebody } from './support/promises.ts';
import { openStories } from './support/stories.ts';

/* Two replicas, and webhooks that come as webhooks come: doubled, shuffled, late, forged, odd, or not at all. */

const WAIT_MS = 60_000;
const crowd = people(listens());
const { story, begin } = openStories();
let world: ReplicaWorld;

beforeAll(async () => {
  world = await ReplicaWorld.open(['a', 'b'], {
    scaled: true,
    environment: { DRAIN_TIMEOUT_SECONDS: '1' },
    agent: {
      callbackPolicy: {
        maxAttempts: 3,
        detectMachines: true,
        retryDelaysMinutes: { noAnswer: [0.02], busy: [0.02], machine: [0.02] },
        ringTimeoutSeconds: 5,
        maxDialsPerDay: 100,
      },
    },
  });
  world.twilio.callee = crowd.callee;
  begin();
}, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

/** A webhook that is told by hand: of this call, to one of the replicas. */
async function tell(
  call: TwilioCall,
  replica: string,
  kind: 'StatusCallback' | 'Url' | 'AsyncAmdStatusCallback',
  fields: Readonly<Record<string, string>>,
): Promise<Response> {
  const { pathname, search } = new URL(call.options.request?.get(kind) ?? '');
  return world.signed(replica, pathname + search, {
    CallSid: call.sid,
    From: call.options.from,
    To: call.options.to,
    Direction: 'outbound-api',
    ...fields,
  });
}

/** Five times, two of them at once on either replica. */
async function fivefold(call: TwilioCall, kind: Parameters<typeof tell>[2], fields: Parameters<typeof tell>[3]) {
  return Promise.all(['a', 'b', 'a', 'b', 'a'].map((replica) => tell(call, replica, kind, fields)));
}

/** Nothing that this call's statuses say is told; the test does. */
function byHand(to: string, callee: Callee): void {
  world.twilio.silentTo.add(to);
  crowd.is.set(to, callee);
}

const attemptsOf = async ({ id }: Wire): Promise<readonly Wire[]> =>
  (await world.api('GET', `/callbacks/${id}`)).attempts;

story(
  'W1, crash point 17: each webhook comes five times, at once on both replicas: there is one conversation and one outcome',
  async () => {
    const to = somebody();
    byHand(to, async (call) => {
      await fivefold(call, 'StatusCallback', { CallStatus: 'ringing' });
      await call.enter('in-progress');
      await fivefold(call, 'StatusCallback', { CallStatus: 'in-progress' });
      const answers = await fivefold(call, 'Url', { CallStatus: 'in-progress' });
      const verbs = await Promise.all(answers.map(async (answer) => readMarkup(await answer.text())));
      const streams = verbs.filter(({ verb }) => verb === 'connect');
      expect(streams.length).toBeGreaterThan(0);
      await call.run(streams[0] ?? { verb: 'hangup' });
      await call.said(600);
      await call.hangUp();
      await fivefold(call, 'StatusCallback', { CallStatus: 'completed', CallDuration: '3' });
      await fivefold(call, 'AsyncAmdStatusCallback', { AnsweredBy: 'human' });
    });
    const due = await promise(world, to);
    const done = await ends(world, due, 'completed');
    expect(outcomes(done)).toEqual(['completed']);
    expect(asksFor(world.twilio, to)).toHaveLength(1);
    const logs = (await world.api('GET', '/calls')).items.filter((call) => call['callbackId'] === due.id);
    expect(logs).toHaveLength(1);
  },
);

story(
  'W2, crash point 18: the end comes before the ringing and the answer: it is over, and nothing brings it back',
  async () => {
    const to = somebody();
    const told = Promise.withResolvers<void>();
    let calls = 0;
    byHand(to, async (call) => {
      calls += 1;
      if (calls > 1) return;
      for (const [replica, CallStatus] of [
        ['a', 'busy'],
        ['b', 'ringing'],
        ['a', 'in-progress'],
        ['b', 'initiated'],
      ] as const)
        expect((await tell(call, replica, 'StatusCallback', { CallStatus })).status).toBe(204);
      const late = await tell(call, 'b', 'Url', { CallStatus: 'in-progress' });
      expect(readMarkup(await late.text()).verb).toBe('hangup');
      told.resolve();
    });
    const due = await promise(world, to);
    await until('the shuffled webhooks', told.promise, WAIT_MS);
    const [first] = await attemptsOf(due);
    expect(first).toMatchObject({ status: 'ended', outcome: 'busy', answeredAt: null });
  },
);

story(
  'W4: a webhook of the first attempt that comes when the second one is on says nothing of the second',
  async () => {
    const to = somebody();
    const calls: TwilioCall[] = [];
    byHand(to, async (call) => {
      calls.push(call);
      if (calls.length === 1) return void (await tell(call, 'a', 'StatusCallback', { CallStatus: 'no-answer' }));
      if (calls.length > 2) return;
      await tell(call, 'a', 'StatusCallback', { CallStatus: 'ringing' });
      const [first] = calls;
      if (first === undefined) throw new Error('there was no first call');
      for (const CallStatus of ['ringing', 'in-progress', 'completed', 'busy'])
        expect((await tell(first, 'b', 'StatusCallback', { CallStatus })).status).toBe(204);
      const answer = await tell(first, 'b', 'Url', { CallStatus: 'in-progress' });
      expect(readMarkup(await answer.text()).verb).toBe('hangup');
      const [one, two] = await attemptsOf(due);
      expect([one, two]).toMatchObject([
        { status: 'ended', outcome: 'no_answer' },
        { status: 'ringing', outcome: null },
      ]);
      await call.enter('in-progress');
      await call.follow(call.options.request?.get('Url') ?? '');
      await call.said(600);
      await call.hangUp();
      await tell(call, 'a', 'StatusCallback', { CallStatus: 'completed', CallDuration: '3' });
    });
    const due = await promise(world, to);
    const done = await ends(world, due, 'completed');
    expect(outcomes(done)).toEqual(['no_answer', 'completed']);
    expect(conversations(world.twilio, to)).toHaveLength(1);
  },
);

story('W5: what the carrier did not sign is refused, and changes nothing', async () => {
  const to = somebody();
  let forged: number[] = [];
  byHand(to, async (call) => {
    const { pathname, search } = new URL(call.options.request?.get('StatusCallback') ?? '');
    const form = new URLSearchParams({ CallSid: call.sid, CallStatus: 'completed', From: OURS, To: to });
    const attack = (signature: string | null): Promise<Response> =>
      fetch(world.replica('a').url + pathname + search, {
        method: 'POST',
        body: form,
        headers: signature === null ? {} : { 'x-twilio-signature': signature },
      });
    const answers = await Promise.all([attack(null), attack(''), attack('AAAAAAAAAAAAAAAAAAAAAAAAAAA=')]);
    forged = answers.map(({ status }) => status);
    const [attempt] = await attemptsOf(due);
    expect(attempt).toMatchObject({ endedAt: null, outcome: null });
    await tell(call, 'a', 'StatusCallback', { CallStatus: 'failed', SipResponseCode: '404' });
  });
  const due = await promise(world, to);
  const done = await ends(world, due, 'failed');
  expect(forged).toEqual([403, 403, 403]);
  expect(outcomes(done)).toEqual(['invalid_number']);
});

story('W6: a signed webhook of a call that nobody knows is taken, and changes nothing', async () => {
  const nobody = '018f0000-0000-7000-8000-00000000a001';
  const fields = { CallSid: `CA${'6'.repeat(32)}`, CallStatus: 'completed' };
  const statuses = [
    await world.signed('a', `/carriers/twilio/status/${nobody}?callback=${nobody}&n=1`, fields),
    await world.signed('b', '/carriers/twilio/status', fields),
    await world.signed('a', `/carriers/twilio/answer/${nobody}?callback=${nobody}&n=1`, fields),
  ].map(({ status }) => status);
  expect(statuses).toEqual([204, 204, 200]);
  const found = await world.sql`
    select id from attempt where id = ${nobody} union select id from callback where id = ${nobody}
    union select id from call where carrier_call_id = ${fields.CallSid}`;
  expect(found).toEqual([]);
});

story('W7: an unknown status, fields beyond measure, too long a body and another method do no harm', async () => {
  const to = somebody();
  const statuses: number[] = [];
  byHand(to, async (call) => {
    const ask = async (fields: Record<string, string>): Promise<void> => {
      statuses.push((await tell(call, 'a', 'StatusCallback', fields)).status);
    };
    await ask({ CallStatus: 'a-new-status-of-2027' });
    await ask({
      CallStatus: 'ringing',
      Unheard: 'of',
      ['__proto__']: 'x',
      ...Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`X${n}`, 'y'])),
    });
    await ask({ CallStatus: 'ringing', Long: 'z'.repeat(70_000) });
    const { pathname, search } = new URL(call.options.request?.get('StatusCallback') ?? '');
    statuses.push((await fetch(world.replica('a').url + pathname + search)).status);
    const [attempt] = await attemptsOf(due);
    expect(attempt).toMatchObject({ status: 'ringing', outcome: null });
    await tell(call, 'b', 'StatusCallback', { CallStatus: 'failed', SipResponseCode: '404' });
  });
  const due = await promise(world, to);
  expect(outcomes(await ends(world, due, 'failed'))).toEqual(['invalid_number']);
  const [unknown, odd, long, get] = statuses;
  expect([unknown, odd]).toEqual([204, 204]);
  for (const status of [long, get]) expect([400, 403, 404, 405, 413]).toContain(status);
});

story(
  'W9: the verdict of the machine detection races the answer: one of the two ways is gone, never both',
  async () => {
    const races = 6;
    const dues = await Promise.all(
      Array.from({ length: races }, async (_, index) => {
        const to = somebody();
        const answeredBy = index % 2 === 0 ? 'machine_start' : 'human';
        let calls = 0;
        crowd.is.set(to, async (call) => {
          calls += 1;
          if (calls > 1) return listens()(call);
          await call.enter('ringing');
          await call.enter('in-progress');
          await Promise.all([call.follow(call.options.request?.get('Url') ?? ''), call.judge(answeredBy)]);
          if (answeredBy === 'human') {
            await call.said(600);
            await call.hangUp();
          }
        });
        return { to, answeredBy, due: await promise(world, to) };
      }),
    );
    for (const { to, answeredBy, due } of dues) {
      const done = await ends(world, due, 'completed');
      expect(outcomes(done)).toEqual(answeredBy === 'human' ? ['completed'] : ['machine', 'completed']);
      expect(asksFor(world.twilio, to)).toHaveLength(answeredBy === 'human' ? 1 : 2);
    }
  },
);

const table: readonly (readonly [TwilioStatus, string, string])[] = [
  ['busy', '486', 'busy'],
  ['no-answer', '487', 'no_answer'],
  ['failed', '503', 'failed'],
  ['canceled', '487', 'no_answer'],
];
for (const [status, SipResponseCode, outcome] of table)
  story(`W10: ${status} at each attempt: counted, tried again as often as agreed, and then over`, async () => {
    const to = somebody();
    crowd.is.set(to, (call) => call.enter(status, { SipResponseCode }));
    const due = await promise(world, to);
    const over = await world.watch(
      'the end',
      `/callbacks/${due.id}`,
      (one) => one['attemptsMade'] === 3 && one['nextAttemptAt'] === null && one.status !== 'dialing',
      WAIT_MS,
    );
    expect(outcomes(over)).toEqual([outcome, outcome, outcome]);
    expect(over.status).toBe(outcome === 'failed' ? 'failed' : 'no_answer');
    expect(asksFor(world.twilio, to)).toHaveLength(3);
  });
