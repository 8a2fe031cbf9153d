import { describe, expect, test } from 'vitest';
import { doesNotAnswer, isBusy, picksUp } from '../../fakes/twilio/server.ts';
import { until } from '../../support/until.ts';
import { openTelephone, speak, type Telephone, type Wire } from './world.ts';

const outcomes = ({ attempts }: Wire): unknown[] => attempts.map(({ outcome }) => outcome);

/** Which attempt each request named: the same one never twice, and in all of its URLs. */
function attemptsAsked({ twilio }: Telephone): string[] {
  const asked = twilio.dialled.map((form) => {
    const urls = ['Url', 'StatusCallback', 'AsyncAmdStatusCallback'].filter((name) => form.has(name));
    const ids = urls.map((name) => /\/([0-9a-f-]{36})\?/.exec(form.get(name) ?? '')?.[1]);
    expect(new Set(ids).size).toBe(1);
    return ids[0] ?? '';
  });
  expect(new Set(asked).size).toBe(asked.length);
  return asked;
}

describe('a request whose answer proves nothing is never repeated', () => {
  test.each(['placed_then_reset', 'placed_then_500'] as const)(
    '%s: the webhooks of the call tell of it, and it is the conversation',
    async (fault) => {
      await using phone = await openTelephone({ sentences: ['hello', 'goodbye'] });
      const { twilio } = phone;
      twilio.faults.push(fault);
      const { id } = await phone.book();
      const call = await until('the call', twilio.placed(0));
      await until('the opening', call.quiet());
      await call.hangUp();
      await call.judge('human');
      const done = await phone.watch('the end', `/callbacks/${id}`, ({ status }) => status === 'completed');
      expect(outcomes(done)).toEqual(['completed']);
      expect(done.attempts[0]?.['carrierCallId']).toBe(call.sid);
      expect(attemptsAsked(phone)).toEqual([done.attempts[0]?.id]);
      expect(twilio.calls).toHaveLength(1);
      expect((await phone.api('GET', '/calls')).items).toHaveLength(1);
    },
  );

  test('placed_then_reset, and every status is lost: it is found in the list of calls', async () => {
    await using phone = await openTelephone();
    const { twilio } = phone;
    twilio.faults.push('placed_then_reset');
    twilio.losesStatus = () => true;
    twilio.callee = doesNotAnswer;
    const { id } = await phone.book();
    const seen = await phone.watch('the look-up', `/callbacks/${id}`, ({ status }) => status === 'no_answer');
    expect(outcomes(seen)).toEqual(['no_answer']);
    expect(seen.attempts[0]?.['carrierCallId']).toBe(twilio.calls[0]?.sid);
    expect(twilio.asked).toContain('GET /Calls.json');
    expect(attemptsAsked(phone)).toHaveLength(1);
  });

  test.each(['reset_unplaced', 'error_500_unplaced'] as const)(
    '%s: it is checking until the carrier has said three times that there is no such call, then lost',
    async (fault) => {
      await using phone = await openTelephone();
      const { twilio } = phone;
      twilio.faults.push(fault);
      const { id } = await phone.book();
      const checking = await phone.watch('the doubt', `/callbacks/${id}`, ({ phase }) => phase === 'checking');
      expect(checking.status).toBe('dialing');
      const lost = await phone.watch('the verdict', `/callbacks/${id}`, ({ status }) => status === 'no_answer');
      expect(outcomes(lost)).toEqual(['lost']);
      expect(lost['attemptsMade']).toBe(1);
      expect(lost['nextAttemptAt']).not.toBeNull();
      expect(twilio.asked.filter((asked) => asked === 'GET /Calls.json')).toHaveLength(3);
      expect(attemptsAsked(phone)).toHaveLength(1);
      expect(twilio.calls).toHaveLength(0);
    },
  );
});

describe('a request that Twilio refused was certainly not placed', () => {
  test('asked to slow down, it is tried again later under another attempt', async () => {
    await using phone = await openTelephone({ agent: { callbackPolicy: { detectMachines: false } } });
    const { twilio } = phone;
    twilio.faults.push('slow_down');
    twilio.callee = isBusy;
    const { id } = await phone.book();
    const done = await phone.watch(
      'the second try',
      `/callbacks/${id}`,
      ({ status, attempts }) => attempts.length === 2 && status === 'no_answer',
    );
    expect(outcomes(done)).toEqual(['not_placed', 'busy']);
    expect(done).toMatchObject({ status: 'no_answer', attemptsMade: 1 });
    expect(attemptsAsked(phone)).toEqual(done.attempts.map((attempt) => attempt.id));
    expect(twilio.dialled[0]?.has('MachineDetection')).toBe(false);
  });

  test('a number that is none fails at once, with the reason', async () => {
    await using phone = await openTelephone();
    phone.twilio.faults.push('bad_number');
    const { id } = await phone.book();
    const failed = await phone.watch('the failure', `/callbacks/${id}`, ({ status }) => status === 'failed');
    expect(failed).toMatchObject({ failureCode: 'invalid_number', nextAttemptAt: null });
    expect(failed['failureReason']).toMatch(/Twilio does not know this number \(error 21211\)/);
    expect(attemptsAsked(phone)).toHaveLength(1);
  });
});

test('a call whose webhooks are all lost is looked up in the end', async () => {
  await using phone = await openTelephone();
  const { twilio } = phone;
  twilio.losesStatus = () => true;
  twilio.callee = isBusy;
  const { id } = await phone.book();
  const done = await phone.watch('the look-up', `/callbacks/${id}`, ({ status }) => status === 'no_answer');
  expect(outcomes(done)).toEqual(['busy']);
  expect(twilio.asked).toContain(`GET /Calls/${twilio.calls[0]?.sid ?? ''}.json`);
});

test('an operator hangs up what rings, through the API of the carrier', async () => {
  await using phone = await openTelephone();
  const { twilio } = phone;
  twilio.callee = (call) => call.enter('ringing');
  const { id } = await phone.book();
  await phone.watch('its ringing', `/callbacks/${id}`, ({ phase }) => phase === 'ringing');
  const { items } = await phone.api('GET', '/calls');
  await phone.api('POST', `/calls/${items[0]?.id ?? ''}/hangup`);
  const call = await twilio.placed(0);
  await until('the end', call.ended);
  expect(call.status).toBe('canceled');
  const done = await phone.watch('the outcome', `/callbacks/${id}`, ({ status }) => status === 'no_answer');
  expect(outcomes(done)).toEqual(['no_answer']);
  expect(done['nextAttemptAt']).toBeNull();
});

describe('a machine answers', () => {
  test.each([
    ['while the agent is speaking', 'late'],
    ['before the answer is asked about', 'early'],
    ['after it has hung up', 'after'],
  ])('%s: it is hung up, and tried again in four hours', async (_name, when) => {
    await using phone = await openTelephone();
    const { twilio } = phone;
    twilio.callee = async (call) => {
      await call.enter('ringing');
      await call.enter('in-progress');
      if (when === 'early') await call.judge('machine_start');
      await call.follow(call.options.request?.get('Url') ?? '');
      if (when === 'early') return;
      await call.quiet(0);
      if (when === 'after') await call.hangUp();
      await call.judge('machine_start');
    };
    const { id } = await phone.book();
    const done = await phone.watch('the outcome', `/callbacks/${id}`, ({ status }) => status === 'no_answer');
    expect(outcomes(done)).toEqual(['machine']);
    const inMinutes =
      (Date.parse(String(done['nextAttemptAt'])) - Date.parse(String(done.attempts[0]?.['endedAt']))) / 60_000;
    expect(inMinutes).toBe(240);
    const [call] = twilio.calls;
    if (when !== 'after') expect(twilio.asked).toContain(`POST /Calls/${call?.sid ?? ''}.json`);
    expect(call?.status).toBe('completed');
    expect(call?.streams).toBe(when === 'early' ? 0 : 1);
    const { items } = await phone.api('GET', '/calls');
    expect(items[0]?.['endReason']).toBe(when === 'after' ? 'caller_hung_up' : 'machine');
  });

  test('it is left a message, once, after its greeting, and not tried again', async () => {
    const machineMessage = 'We called you back. Please ring us.';
    await using phone = await openTelephone({
      agent: { callbackPolicy: { onMachine: 'leave_message', machineMessage } },
      sentences: ['you have reached the mailbox of somebody'],
    });
    const { twilio, deepgram } = phone;
    twilio.callee = async (call) => {
      await picksUp(call);
      speak(call, 1_500);
      await call.quiet(0);
      await call.judge('machine_end_beep');
      // Told twice, it is said once.
      await call.judge('machine_end_beep');
    };
    const { id } = await phone.book();
    const call = await until('the call', twilio.placed(0));
    expect(twilio.dialled[0]?.get('MachineDetection')).toBe('DetectMessageEnd');
    await until('the end', call.ended);
    const done = await phone.watch('the outcome', `/callbacks/${id}`, ({ status }) => status === 'no_answer');
    expect(outcomes(done)).toEqual(['machine']);
    expect(done).toMatchObject({ nextAttemptAt: null, attemptsMade: 1 });
    expect(deepgram.speeches.join(' ').split('We called you back.')).toHaveLength(2);
    const { items } = await phone.api('GET', '/calls');
    const log = await phone.api('GET', `/calls/${items[0]?.id ?? ''}`);
    expect(log['endReason']).toBe('machine');
    expect(log.transcript.at(-1)).toMatchObject({ role: 'agent', heardText: machineMessage, interrupted: false });
    expect(call.streams).toBe(1);
  });
});

test('a fault of the account pauses the carrier, uses no attempt, and ends once the account is in order', async () => {
  await using phone = await openTelephone();
  const { twilio } = phone;
  twilio.callee = isBusy;
  twilio.accountStatus = 'suspended';
  const { id } = await phone.book();
  const waiting = await phone.watch(
    'the fault',
    `/callbacks/${id}`,
    (body) => outcomes(body)[0] === 'account_fault' && body.status === 'scheduled',
  );
  expect(waiting).toMatchObject({ attemptsMade: 0, warning: expect.stringContaining('account') as string });
  const paused = await phone.api('GET', '/outbound');
  expect(paused['carriers']).toContainEqual(expect.objectContaining({ name: 'twilio', paused: true }));
  await until('two looks', looksAt(phone, 2));
  expect(twilio.dialled).toHaveLength(1);
  twilio.accountStatus = 'active';
  await phone.watch(
    'the end of the pause',
    '/outbound',
    ({ carriers }) => !JSON.stringify(carriers).includes('"paused":true'),
  );
  const done = await phone.watch('the dial', `/callbacks/${id}`, ({ status }) => status === 'no_answer', 60_000);
  expect(done['attemptsMade']).toBe(1);
  expect(outcomes(done)).toEqual(['account_fault', 'busy']);
  expect(attemptsAsked(phone)).toHaveLength(2);
}, 90_000);

/** Resolves once the account was looked at so often. */
async function looksAt(phone: Telephone, looks: number): Promise<void> {
  const { asked } = phone.twilio;
  await phone.watch('looks at the account', '/outbound', () => {
    return asked.filter((one) => one === 'GET .json').length >= looks;
  });
}
