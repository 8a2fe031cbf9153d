import { expect, test } from 'vitest';
import { defaultOutboundHoldTimes } from '../../../src/scheduler/outbound-hold.ts';
import { defaultSchedulerTimes } from '../../../src/scheduler/times.ts';
import { until } from '../../support/until.ts';
import { openTelephone, type Telephone, type Wire } from './world.ts';

test('a call whose attempt the database has lost is answered, and its promise is kept by it', async () => {
  await using phone = await openTelephone({ sentences: ['hello', 'goodbye'] });
  const { twilio } = phone;
  const picksUp = ringsUntilTold(phone);
  const { id } = await phone.book();
  const call = await until('the call', twilio.placed(0));
  await picksUp.rings;
  await phone.watch('the ringing', `/callbacks/${id}`, ({ phase }) => phase === 'ringing');
  const asked = /answer\/([0-9a-f-]{36})/.exec(twilio.dialled[0]?.get('Url') ?? '')?.[1];
  await loseDial(phone, id);
  expect(await phone.api('GET', `/callbacks/${id}`)).toMatchObject({ status: 'scheduled', attempts: [] });

  picksUp.now();
  await until('the opening', call.quiet());
  await call.hangUp();
  await call.judge('human');
  const done = await phone.watch('the end', `/callbacks/${id}`, ({ status }) => status === 'completed');
  expect(done.attempts).toMatchObject([{ id: asked, number: 1, outcome: 'completed', carrierCallId: call.sid }]);
  expect(twilio.dialled).toHaveLength(1);
});

test('a lost call that nobody answered is tried again as often as was agreed, no more', async () => {
  await using phone = await openTelephone();
  const { twilio } = phone;
  const end = ringsUntilTold(phone, 'no-answer');
  const { id } = await phone.book();
  await until('the call', twilio.placed(0));
  await end.rings;
  await phone.watch('the ringing', `/callbacks/${id}`, ({ phase }) => phase === 'ringing');
  await loseDial(phone, id);
  end.now();
  const seen = await phone.watch('the outcome', `/callbacks/${id}`, ({ status }) => status === 'no_answer');
  expect(seen).toMatchObject({ attemptsMade: 1, attempts: [{ outcome: 'no_answer', counted: true }] });
  // After a quarter of an hour, not in an hour as the database had it.
  expect(seen['nextAttemptAt']).not.toBeNull();
});

test('a lost call for a promise that was cancelled meanwhile is hung up before a word is said', async () => {
  await using phone = await openTelephone();
  const { twilio } = phone;
  const picksUp = ringsUntilTold(phone);
  const { id } = await phone.book();
  const call = await until('the call', twilio.placed(0));
  await picksUp.rings;
  await phone.watch('the ringing', `/callbacks/${id}`, ({ phase }) => phase === 'ringing');
  await loseDial(phone, id);
  await phone.api('POST', `/callbacks/${id}/cancel`);
  picksUp.now();
  await until('the hang-up', call.ended);
  expect(call.verbs.filter(({ verb }) => verb === 'connect')).toEqual([]);
  expect(await phone.api('GET', `/callbacks/${id}`)).toMatchObject({ status: 'cancelled', attempts: [] });
});

test('after a failover the call is found at Twilio by its number alone, and nobody is dialled a second time', async () => {
  await using phone = await openTelephone({
    times: {
      outboundHold: { ...defaultOutboundHoldTimes, lookEveryMs: 100, settleMs: 50 },
      scheduler: { ...defaultSchedulerTimes, lookEveryMs: 100, heartbeatEveryMs: 200 },
    },
  });
  const { twilio, sql } = phone;
  const never = ringsUntilTold(phone);
  const { id } = await phone.book();
  const call = await until('the call', twilio.placed(0));
  await never.rings;
  await phone.watch('the ringing', `/callbacks/${id}`, ({ phase }) => phase === 'ringing');
  // The dial is gone and due again, and the server is another one, on a later timeline, in one moment.
  await sql.begin(async (tx) => {
    await forget(tx, id, 'now()');
    await tx`
      update setting set value = jsonb_set(jsonb_set(value, '{known,timeline}', '0'), '{looked,serverStart}', '"0"')
      where key = 'database_identity'`;
  });
  const found = await phone.watch('the call', `/callbacks/${id}`, ({ status }) => status === 'dialing');
  expect(found.attempts).toMatchObject([{ number: 1, carrierCallId: call.sid }]);
  await phone.watch('the release', '/outbound', (outbound) => outbound['held'] === false);
  expect(twilio.dialled).toHaveLength(1);
  never.now();
});

/** The next call rings; then the person does as told. */
function ringsUntilTold(
  { twilio }: Telephone,
  then: 'in-progress' | 'no-answer' = 'in-progress',
): { rings: Promise<void>; now(): void } {
  const rings = Promise.withResolvers<void>();
  const told = Promise.withResolvers<void>();
  twilio.callee = async (call) => {
    await call.enter('ringing');
    rings.resolve();
    await told.promise;
    if (call.isOver) return;
    await call.enter(then, then === 'no-answer' ? { SipResponseCode: '487' } : {});
    if (then === 'in-progress' && !call.isOver) await call.follow(call.options.request?.get('Url') ?? '');
  };
  return { rings: rings.promise, now: () => told.resolve() };
}

/** What a standby knows that had not heard of the dial yet; an hour ahead, so that nobody dials it meanwhile. */
async function loseDial({ sql }: Telephone, id: Wire['id']): Promise<void> {
  await sql.begin((tx) => forget(tx, id, "now() + interval '1 hour'"));
}

async function forget(tx: { unsafe(text: string): PromiseLike<unknown> }, id: string, at: string): Promise<void> {
  await tx.unsafe(`
    delete from timer where id = '${id}' or id in (select id from attempt where callback_id = '${id}');
    update callback set status = 'scheduled', current_attempt_id = null, next_attempt_at = ${at} where id = '${id}';
    delete from call where callback_id = '${id}';
    delete from attempt where callback_id = '${id}';
    insert into timer (fire_at, id, kind) select next_attempt_at, id, 'dial' from callback where id = '${id}';`);
}
