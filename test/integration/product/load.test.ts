import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { isBusy } from '../../fakes/twilio/server.ts';
import { until } from '../../support/until.ts';
import { openTelephone, OURS, PERSON, speak, TOKEN, type Telephone } from '../twilio/world.ts';

/* What an operator reads from a running gateway, and what a person hears who rings one that is at its limit. */

const VOICE = '/carriers/twilio/voice';

function ringing(sid: string): Record<string, string> {
  return { CallSid: `CA${sid.repeat(32)}`, From: PERSON, To: OURS, CallStatus: 'ringing', Direction: 'inbound' };
}

/** The samples, by name and labels. */
async function scrape({ address }: Telephone): Promise<Map<string, number>> {
  const answer = await fetch(`${address}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

/** Scrapes until a sample has this value, at leisure: asking without a pause would itself keep the event loop busy. */
async function scraped(phone: Telephone, name: string, value: number): Promise<Map<string, number>> {
  const late = AbortSignal.timeout(15_000);
  for (;;) {
    const values = await scrape(phone);
    if (values.get(name) === value) return values;
    if (late.aborted) throw new Error(`${name} is ${values.get(name)}, not ${value}`);
    await systemClock.sleep(100, new AbortController().signal);
  }
}

test('a callback that was kept, its call, its turns and its lateness are in the metrics, and no number is', async () => {
  await using phone = await openTelephone({ sentences: ['hello there'] });
  const { id } = await phone.book();
  const call = await until('the call', phone.twilio.placed(0));
  await until('the opening', call.quiet());
  speak(call);
  await phone.watch('the answer', `/calls`, ({ items }) => items.length === 1);
  await until('the answer', call.quiet());
  expect((await scrape(phone)).get('ringback_calls_live')).toBe(1);
  await call.hangUp();
  await call.judge('human');
  await phone.watch('the end', `/callbacks/${id}`, ({ status }) => status === 'completed');

  const kind = 'direction="outbound",carrier="twilio"';
  const values = await scraped(phone, `ringback_calls_ended_total{${kind},reason="caller_hung_up"}`, 1);
  expect(values.get(`ringback_calls_started_total{${kind}}`)).toBe(1);
  expect(values.get('ringback_calls_live')).toBe(0);
  expect(values.get('ringback_carrier_answers_total{carrier="twilio",result="placed"}')).toBe(1);
  expect(values.get('ringback_dial_lateness_seconds_count{attempt="first"}')).toBe(1);
  expect(values.get('ringback_dial_lateness_seconds_bucket{le="0",attempt="first"}')).toBe(0);
  expect(values.get('ringback_turns_total{role="caller",interrupted="false"}')).toBeGreaterThan(0);
  const answer = await fetch(`${phone.address}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const text = await answer.text();
  for (const secret of [PERSON, OURS, TOKEN, 'hello there', 'their broken heating', 'test-key', 'sk-fake'])
    expect(text).not.toContain(secret);
});

test('the ledger of the API and of the metrics are the same, and sum to the bookings', async () => {
  await using phone = await openTelephone({ agent: { callbackPolicy: { detectMachines: false } } });
  phone.twilio.callee = isBusy;
  const { id } = await phone.book();
  await phone.watch('the busy line', `/callbacks/${id}`, ({ status }) => status === 'no_answer');
  await phone.api('POST', `/callbacks/${id}/cancel`);
  const ledger = await phone.api('GET', '/ledger');
  expect(ledger).toMatchObject({ bookings: 1, promises: { kept: 1, cancelled: 0, open: 0 } });
  const values = await scrape(phone);
  const classes = [...values].filter(([name]) => name.startsWith('ringback_promises{'));
  expect(classes.reduce((sum, [, value]) => sum + value, 0)).toBe(values.get('ringback_bookings'));
});

test('while the event loop is blocked a caller hears that all lines are busy, and is welcome once it is calm', async () => {
  await using phone = await openTelephone({ times: { eventLoopWindowMs: 300 } });
  const overloaded = async (): Promise<boolean> => (await scrape(phone)).get('ringback_overloaded') === 1;
  for (let blocks = 0; !(await overloaded()); blocks += 1) {
    if (blocks === 50) throw new Error('a blocked loop was never noticed');
    const beganMs = performance.now();
    while (performance.now() - beganMs < 290);
  }
  const refused = await phone.post(VOICE, ringing('1'));
  expect(refused.status).toBe(200);
  expect(refused.body).toContain('all our lines are busy');
  expect(refused.body).not.toContain('<Connect');
  expect((await phone.api('GET', '/calls')).items).toEqual([]);
  expect((await scrape(phone)).get('ringback_calls_refused_total{why="overloaded"}')).toBe(1);

  await scraped(phone, 'ringback_overloaded', 0);
  expect((await phone.post(VOICE, ringing('2'))).body).toContain('<Connect');
});

test('with all lines taken a caller is refused, and a callback that is due waits and says why', async () => {
  await using phone = await openTelephone({ environment: { MAX_CONCURRENT_CALLS: '1' }, sentences: ['hello'] });
  const call = await phone.twilio.phone(PERSON, OURS, phone.voice);
  await until('the greeting', call.quiet());
  expect((await phone.post(VOICE, ringing('3'))).body).toContain('all our lines are busy');

  const { id } = await phone.book('+12125550199');
  await phone.watch('the wait', `/callbacks/${id}`, ({ warning }) => String(warning).includes('lines are busy'));
  expect(phone.twilio.dialled).toHaveLength(0);
  await call.hangUp();
  await until('the dial', phone.twilio.placed(0));
});
