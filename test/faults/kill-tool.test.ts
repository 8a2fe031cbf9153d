import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StatementPoint } from '../fakes/statement-gate.ts';
import type { TwilioCall } from '../fakes/twilio/call.ts';
import { speak } from '../integration/twilio/world.ts';
import { until } from '../support/until.ts';
import { commit, DyingWorld, WAIT_MS } from './support/dying-world.ts';

/*
 * A process dies between the model's tool call and what the model hears of it. The carrier opens the stream at the other
 * replica, which books what was asked for exactly once, and says so.
 */

const booking = /insert into callback\b/i;
/** Of a booking, first made or found again; one that was moved begins with other words. */
const SAID = /^I'll call you back /;
let scene: DyingWorld;

beforeAll(async () => {
  scene = await DyingWorld.open();
}, 120_000);
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(() => scene.revive(), 120_000);

/** After an answer they wait so long for more of it. */
const PATIENCE_MS = 4_000;

/**
 * They ask for a call back, and `dying` dies there, once `first` is done. Where a machine is so busy that they are not
 * understood, or told that it did not work, they hang up and ring again, as people do.
 */
async function asks(point: StatementPoint, first: (call: TwilioCall) => Promise<unknown>): Promise<TwilioCall> {
  let call = await scene.phones('dying');
  let isDying = false;
  async function ask(): Promise<void> {
    for (speak(call); ; speak(call)) {
      await call.quiet(PATIENCE_MS);
      if (isDying) return;
      await call.hangUp();
      call = await scene.phones('dying');
    }
  }
  await scene.dieAt(point, ask, () => {
    isDying = true;
    return first(call);
  });
  return call;
}

/** The tool call is known to the database, its end is not. */
function toolStored({ sid }: TwilioCall): Promise<void> {
  const { sql } = scene.world;
  return scene.found(
    'the tool call',
    () => sql`select from turn join call on call.id = call_id
      where carrier_call_id = ${sid} and role = 'tool' and turn.ended_at is null`,
  );
}

const promises = async ({ options }: TwilioCall): Promise<readonly unknown[]> =>
  scene.world.sql`select status from callback where to_number = ${options.from}`;

/** They hear in the next stream that it is booked, and it is, once. */
async function hearsOfIt(call: TwilioCall): Promise<void> {
  await until('the next stream', call.opened(2), WAIT_MS);
  await until('what it says', call.quiet(), WAIT_MS);
  await call.hangUp();
  const { transcript } = await scene.world.logOf(call.sid);
  expect(transcript.map(({ role, heardText, text, toolName }) => [role, toolName ?? heardText ?? text])).toEqual([
    ['agent', 'Hello.'],
    ['caller', 'please call me back in 2 hours'],
    ['tool', 'schedule_callback'],
    ['agent', expect.stringMatching(SAID)],
  ]);
  expect(transcript[2]).toMatchObject({ toolResult: { ok: true, say: expect.stringMatching(SAID) as unknown } });
  expect(transcript.map(({ endedAt }) => endedAt)).not.toContain(null);
  expect(await promises(call)).toEqual([{ status: 'scheduled' }]);
}

test('K10, crash point 1: killed between the tool call and its commit; the other replica books it once, and says so', async () => {
  const call = await asks({ statement: commit, after: booking, halt: 'before' }, toolStored);
  expect(await promises(call)).toEqual([]);
  await hearsOfIt(call);
});

test('K10, crash point 2: killed between the commit and its word; the other replica finds the booking, and says so', async () => {
  const call = await asks({ statement: commit, after: booking, halt: 'done' }, toolStored);
  expect(await promises(call)).toEqual([{ status: 'scheduled' }]);
  await hearsOfIt(call);
});
