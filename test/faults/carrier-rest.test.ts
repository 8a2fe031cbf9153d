import { afterAll, beforeAll, expect } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { DialExchange } from '../fakes/twilio/server.ts';
import { FULL, ReplicaWorld, type Wire } from './replica-world.ts';
import {
  asksFor,
  conversations,
  ends,
  listens,
  outcomes,
  people,
  promise,
  sentAttempts,
  somebody,
} from './support/promises.ts';
import { openStories } from './support/stories.ts';

/* One replica and a carrier whose API does what APIs do. Every person is another one, so all of it happens at once. */

const WAIT_MS = 90_000;
const crowd = people(listens());
const { story, begin } = openStories();
let world: ReplicaWorld;

beforeAll(async () => {
  world = await ReplicaWorld.open(['a'], {
    scaled: true,
    environment: { DRAIN_TIMEOUT_SECONDS: '1' },
    agent: {
      callbackPolicy: {
        maxAttempts: 3,
        retryDelaysMinutes: { noAnswer: [0.02], busy: [0.02], machine: [] },
        ringTimeoutSeconds: 5,
        maxDialsPerDay: 100,
      },
    },
  });
  world.twilio.callee = crowd.callee;
  begin();
}, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

/** A promise to somebody for whom the next requests to call go like this. */
async function promised(...faults: ((exchange: DialExchange) => void)[]): Promise<{ to: string; due: Wire }> {
  const to = somebody();
  world.twilio.faultsTo.set(to, faults);
  return { to, due: await promise(world, to) };
}

const pass = (ms: number): Promise<void> => systemClock.sleep(ms, new AbortController().signal);

/** It was kept by one conversation, and these are the attempts that it took, each asked for once. */
async function keptBy(to: string, due: Wire, attempts: readonly string[]): Promise<Wire> {
  const done = await ends(world, due, 'completed');
  expect(outcomes(done)).toEqual(attempts);
  expect(asksFor(world.twilio, to)).toEqual(sentAttempts(done).map(({ id }) => id));
  expect(conversations(world.twilio, to)).toHaveLength(1);
  return done;
}

story('R1: a number that is none fails at once, with the reason, and is not tried again', async () => {
  const { to, due } = await promised(({ refuse }) => refuse(400, 21_211));
  const failed = await ends(world, due, 'failed');
  expect(failed).toMatchObject({ failureCode: 'invalid_number', attemptsMade: 0, nextAttemptAt: null });
  expect(failed['failureReason']).toMatch(/does not know this number \(error 21211\)/);
  expect(asksFor(world.twilio, to)).toHaveLength(1);
});

for (const [status, code] of [
  [403, 21_216],
  [400, 21_215],
] as const)
  story(
    `R3: a call that the account may not make (${code}) fails at once, with the carrier's word for it`,
    async () => {
      const { to, due } = await promised(({ refuse }) => refuse(status, code));
      const failed = await ends(world, due, 'failed');
      expect(failed).toMatchObject({ failureCode: 'not_permitted', nextAttemptAt: null });
      expect(failed['failureReason']).toContain(`does not permit this call (error ${code})`);
      expect(asksFor(world.twilio, to)).toHaveLength(1);
    },
  );

story(
  'R4: a request that the API does not know at all ends as Failed, after as many tries as were agreed',
  async () => {
    const notThere = ({ refuse }: DialExchange): void => refuse(404, 20_404);
    const { to, due } = await promised(notThere, notThere, notThere);
    const failed = await ends(world, due, 'failed');
    expect(outcomes(failed)).toEqual(['failed', 'failed', 'failed']);
    expect(failed['failureReason']).toContain('404');
    expect(asksFor(world.twilio, to)).toHaveLength(3);
  },
);

story('R5: asked to slow down, it waits as long as it was told, and uses no attempt', async () => {
  const { to, due } = await promised(({ response, refuse }) => {
    response.setHeader('retry-after', '3');
    refuse(429, 20_429);
  });
  const done = await keptBy(to, due, ['not_placed', 'completed']);
  expect(done['attemptsMade']).toBe(1);
  const [first, second] = sentAttempts(done);
  const waitedMs = Date.parse(String(second?.['startedAt'])) - Date.parse(String(first?.['startedAt']));
  expect(waitedMs).toBeGreaterThanOrEqual(3_000);
});

for (const status of [500, 502, 503]) {
  story(`R6: a ${status} proves nothing: the carrier is asked until it is sure that there was no call`, async () => {
    const { to, due } = await promised(({ refuse }) => refuse(status));
    const done = await keptBy(to, due, ['lost', 'completed']);
    expect(done['attemptsMade']).toBe(2);
  });

  story(`R6: a ${status} for a call that was placed after all: it is that call, and no other`, async () => {
    const { to, due } = await promised(({ place, refuse }) => {
      place();
      refuse(status);
    });
    await keptBy(to, due, ['completed']);
  });
}

story(
  'R8: no answer before the time is up, and the call was placed: it is found, and nobody is rung twice',
  async () => {
    const { to, due } = await promised(({ place }) => void place());
    world.twilio.silentTo.add(to);
    crowd.is.set(to, async (call) => call.enter('no-answer', { SipResponseCode: '487' }));
    const seen = await world.watch(
      'the truth',
      `/callbacks/${due.id}`,
      ({ attempts }) => attempts.length === 2,
      WAIT_MS,
    );
    expect(seen.attempts[0]).toMatchObject({
      outcome: 'no_answer',
      carrierCallId: world.twilio.calls.find(({ options }) => options.to === to)?.sid,
    });
  },
);

story('R8: no answer before the time is up, and there was no call: it is lost, and a new attempt is made', async () => {
  const { to, due } = await promised(() => undefined);
  await keptBy(to, due, ['lost', 'completed']);
});

story('R9: the connection breaks after the whole request: one request, one call', async () => {
  const { to, due } = await promised(({ place, response }) => {
    place();
    response.socket?.resetAndDestroy();
  });
  await keptBy(to, due, ['completed']);
});

story('R10: a 201 that breaks off, and one that is no JSON, are calls that have to be found', async () => {
  const broken = await promised(({ place, response }) => {
    place();
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"sid":"CA12', () => response.destroy());
  });
  const page = await promised(({ place, response }) => {
    place();
    response.writeHead(201, { 'content-type': 'text/html' }).end('<html>welcome</html>');
  });
  await keptBy(broken.to, broken.due, ['completed']);
  await keptBy(page.to, page.due, ['completed']);
});

story(
  'R11, crash point 19: the 201 comes long after our patience, the webhooks before it: they are the call',
  async () => {
    const answered = Promise.withResolvers<void>();
    const { to, due } = await promised(({ place, accept }) => {
      place();
      void pass(FULL ? 40_000 : 10_000).then(() => {
        accept();
        answered.resolve();
      });
    });
    await keptBy(to, due, ['completed']);
    await answered.promise;
    await keptBy(to, due, ['completed']);
  },
);

story('R12: an answer of a byte a second, and one that never ends, are given up within bounds', async () => {
  let written = 0;
  const drip = await promised(({ place, response }) => {
    place();
    response.writeHead(201, { 'content-type': 'application/json' });
    const next = (): void => {
      if (response.destroyed) return;
      response.write(' ');
      systemClock.setTimer(1_000, next);
    };
    next();
  });
  const flood = await promised(({ place, response }) => {
    place();
    response.writeHead(201, { 'content-type': 'application/json' });
    const megabyte = Buffer.alloc(1_000_000, 0x20);
    const next = (error?: Error | null): void => {
      if (error != null || response.destroyed || written >= 50) return;
      written += 1;
      response.write(megabyte, next);
    };
    next();
  });
  await keptBy(drip.to, drip.due, ['completed']);
  await keptBy(flood.to, flood.due, ['completed']);
  // The sockets' buffers took some; nobody read the rest.
  expect(written).toBeLessThan(30);
});

story(
  'R13, W3, crash point 15: the call was placed and no webhook ever comes: its status is looked up, and is the outcome',
  async () => {
    const to = somebody();
    world.twilio.silentTo.add(to);
    let first = true;
    crowd.is.set(to, async (call) => {
      const busy = first;
      first = false;
      if (busy) return call.enter('busy', { SipResponseCode: '486' });
      // Answered, and only the stream tells of it.
      await listens()(call);
    });
    const due = await promise(world, to);
    const done = await ends(world, due, 'completed', WAIT_MS);
    expect(outcomes(done)).toEqual(['busy', 'completed']);
    expect(asksFor(world.twilio, to)).toHaveLength(2);
  },
);

story(
  'R14, crash point 12, crash point 22: queued at the carrier it says so; a cancel is refused in words, a hang-up takes it back for good',
  async () => {
    const to = somebody();
    crowd.is.set(to, async () => undefined);
    const due = await promise(world, to);
    const queued = await world.watch(
      'the queue',
      `/callbacks/${due.id}`,
      ({ attempts }) => attempts[0]?.['carrierCallId'] != null,
    );
    expect(queued).toMatchObject({ status: 'dialing', phase: 'queued' });
    expect((await world.ask('POST', `/callbacks/${due.id}/cancel`)).status).toBe(409);
    await world.api('POST', `/calls/${String(queued.attempts[0]?.['callId'])}/hangup`);
    const done = await ends(world, due, 'no_answer');
    expect(done).toMatchObject({ nextAttemptAt: null, attemptsMade: 1 });
    expect(world.twilio.calls.find(({ options }) => options.to === to)?.status).toBe('canceled');
    expect(asksFor(world.twilio, to)).toHaveLength(1);
  },
);

story('R15: the carrier does not end a call when it is asked to: it is asked again until it does', async () => {
  const to = somebody();
  crowd.is.set(to, (call) => call.enter('ringing'));
  world.twilio.hangUpFaults.set(to, [500, 503]);
  const due = await promise(world, to);
  const ringing = await world.watch('the ringing', `/callbacks/${due.id}`, ({ phase }) => phase === 'ringing');
  const { status } = await world.ask('POST', `/calls/${String(ringing.attempts[0]?.['callId'])}/hangup`);
  expect(status).toBe(502);
  const done = await ends(world, due, 'no_answer', WAIT_MS);
  expect(done).toMatchObject({ nextAttemptAt: null, attemptsMade: 1 });
  expect(world.twilio.calls.find(({ options }) => options.to === to)?.status).toBe('canceled');
  expect(world.twilio.hangUpFaults.get(to)).toEqual([]);
});

story('R16: outbound is switched off between the promise and its time: it is not dialled, and says why', async () => {
  const agent = await world.api('POST', '/agents', {
    name: 'Another one',
    prompt: 'You are kind.',
    timeZone: 'America/New_York',
  });
  const number = await world.api('POST', '/phone-numbers', {
    number: '+13105550177',
    carrier: 'twilio',
    agentId: agent.id,
    outboundEnabled: true,
  });
  const to = somebody();
  const due = await world.api('POST', '/callbacks', {
    agentId: agent.id,
    to,
    dueAt: Temporal.Now.instant().add({ seconds: 3 }).toString({ smallestUnit: 'millisecond' }),
    override: ['calling_hours'],
  });
  await world.api('PATCH', `/phone-numbers/${number.id}`, { outboundEnabled: false });
  const failed = await ends(world, due, 'failed');
  expect(failed['failureReason']).toMatch(/outbound/i);
  expect(asksFor(world.twilio, to)).toEqual([]);
});
