import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Callee } from '../fakes/twilio/server.ts';
import { speak } from '../integration/twilio/world.ts';
import { until } from '../support/until.ts';
import { OURS, PERSON, ReplicaWorld, TOKEN } from './replica-world.ts';

/* One replica of the product that is two processes, `PROCESSES=2`: they share its port, and nothing else. */

const WAIT_MS = 60_000;
const TEST_MS = 300_000;
const DUE = 24;
/** So long the carrier takes to say yes: whoever dies in it never learns. */
const ANSWER_AFTER_MS = 250;

const numberOf = (index: number): string => `+1212555${1_000 + index}`;
const talks = (to: string): boolean => Number(to.slice(-4)) % 4 === 0;

const callee: Callee = async (call) => {
  if (!talks(call.options.to)) return call.enter('failed', { SipResponseCode: '404' });
  await call.enter('ringing');
  await call.enter('in-progress');
  await call.follow(call.options.request?.get('Url') ?? '');
  await until('the opening', call.said(800), WAIT_MS);
  await call.hangUp();
};

/** The processes that were started, in order, by what the supervisor's log says. */
function started({ output }: { output: string }): { process: number; pid: number }[] {
  return [...output.matchAll(/"process":(\d+),"pid":(\d+),"msg":"a process was started"/g)].map(([, number, pid]) => ({
    process: Number(number),
    pid: Number(pid),
  }));
}

/** The process that a replica's id belongs to, by its own log. */
function processOf({ output }: { output: string }, replicaId: string): number {
  const line = new RegExp(`"process":(\\d+),"replicaId":"${replicaId}"[^\\n]*the replica has its lease`).exec(output);
  return Number(line?.[1]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function figures(world: ReplicaWorld): Promise<string> {
  const answer = await fetch(`${world.replica('gateway').url}/metrics`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  return answer.text();
}

async function sees(what: string, look: () => Promise<boolean>, withinMs = WAIT_MS): Promise<void> {
  const poll = async (): Promise<void> => {
    while (!(await look())) await systemClock.sleep(100, new AbortController().signal);
  };
  await until(what, poll(), withinMs);
}

const replicas = ({ sql }: ReplicaWorld) => sql<{ id: string }[]>`
  select id::text from replica where lease_until > now() and not draining`;

test(
  'of two processes on one port one is killed: its call goes on in the other, each promise is kept once, it is started again',
  async () => {
    await using world = await ReplicaWorld.open(['gateway'], {
      scaled: true,
      environment: { PROCESSES: '2' },
      sentences: ['tell me something'],
      agent: {
        callbackPolicy: { maxAttempts: 3, retryDelaysMinutes: { noAnswer: [0.02], busy: [0.02], machine: [] } },
      },
    });
    const gateway = world.replica('gateway');
    await sees('both processes', async () => (await replicas(world)).length === 2);
    expect(started(gateway).map((one) => one.process)).toEqual([1, 2]);

    // ---- a live call, and promises that are due while one process dies
    const { twilio } = world;
    twilio.callee = callee;
    twilio.answerAfterMs = ANSWER_AFTER_MS;
    const call = await twilio.phone(PERSON, OURS, world.voice);
    await until('the greeting', call.quiet(), WAIT_MS);
    const dueAt = Temporal.Now.instant().add({ seconds: 6 }).toString();
    for (let index = 0; index < DUE; index += 1)
      await world.api('POST', '/callbacks', { agentId: world.agentId, to: numberOf(index), dueAt });
    const [live] = await world.sql<{ replicaId: string }[]>`
      select replica_id::text as "replicaId" from call where carrier_call_id = ${call.sid}`;
    const dying = processOf(gateway, live?.replicaId ?? '');
    await until('some of the dials', twilio.placed(Math.floor(DUE / 3)), WAIT_MS);
    process.kill(started(gateway).find((one) => one.process === dying)?.pid ?? 0, 'SIGKILL');

    // ---- the other one goes on with the call
    await until('the next stream', call.opened(2), WAIT_MS);
    await until('what follows', call.quiet(), WAIT_MS);
    speak(call);
    await until('an answer', call.said(200), WAIT_MS);
    await call.hangUp();

    // ---- each promise is kept once
    const open = () => world.sql`select id from callback where next_attempt_at is not null or status = 'dialing'`;
    await sees('the end of all callbacks, retries included', async () => (await open()).length === 0, 150_000);
    const requested = twilio.dialled.map((form) => /\/answer\/([0-9a-f-]+)/.exec(form.get('Url') ?? '')?.[1]);
    expect(new Set(requested).size).toBe(requested.length);
    for (let index = 0; index < DUE; index += 1) {
      const to = numberOf(index);
      const conversations = twilio.calls.filter((one) => one.options.to === to && one.streams > 0).length;
      expect({ to, conversations }).toEqual({ to, conversations: talks(to) ? 1 : 0 });
    }

    // ---- the dead one is there again, and all figures are in one place
    await sees('both processes again', async () => (await replicas(world)).length === 2);
    await sees('the figures of both', async () => (await figures(world)).includes('process_up{process="2"} 1'));
    expect(started(gateway).map((one) => one.process)).toEqual([1, 2, dying]);
    expect(await figures(world)).toMatch(
      /ringback_calls_live\{process="1"\} 0\nringback_calls_live\{process="2"\} 0\n/,
    );

    // ---- a stop ends all of them, in order
    expect(await gateway.stop('SIGTERM')).toBe(0);
    expect(started(gateway).filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(await replicas(world)).toEqual([]);
  },
  TEST_MS,
);

test(
  'a second signal ends all processes at once, live calls among them, and none is left behind',
  async () => {
    await using world = await ReplicaWorld.open(['gateway'], { environment: { PROCESSES: '2' } });
    const gateway = world.replica('gateway');
    await sees('both processes', async () => (await replicas(world)).length === 2);
    const call = await world.twilio.phone(PERSON, OURS, world.voice);
    await until('the greeting', call.quiet(), WAIT_MS);
    const stopped = gateway.stop('SIGTERM');
    await sees('the drain', async () => (gateway.output.match(/a second signal ends them now/g) ?? []).length === 2);
    expect(call.streams).toBe(1);
    process.kill(gateway.pid, 'SIGINT');
    expect(await stopped).toBe(0);
    await until('the end of the call', call.ended, WAIT_MS);
    expect(started(gateway).filter(({ pid }) => isAlive(pid))).toEqual([]);
  },
  TEST_MS,
);

test(
  'processes whose supervisor is killed do not outlive it',
  async () => {
    await using world = await ReplicaWorld.open(['gateway'], { environment: { PROCESSES: '2' } });
    const gateway = world.replica('gateway');
    await sees('both processes', async () => (await replicas(world)).length === 2);
    const pids = started(gateway).map(({ pid }) => pid);
    await gateway.stop('SIGKILL');
    await sees('the end of both', async () => !pids.some((pid) => isAlive(pid)));
  },
  TEST_MS,
);
