import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { ChatRequest, Reply } from '../fakes/openai-server.ts';
import type { TwilioCall } from '../fakes/twilio/call.ts';
import { speak } from '../integration/twilio/world.ts';
import { until } from '../support/until.ts';
import { OURS, ReplicaWorld, talk, type Wire } from './replica-world.ts';
import { asksFor, conversations, ends, listens, people, promise, somebody } from './support/promises.ts';

/* Two replicas whose wall clocks are wrong by an hour, one ahead and one behind; the database's is right. */

const WAIT_MS = 60_000;
const HOUR_MS = 3_600_000;
/** The furthest that there is. */
const HORIZON_DAYS = 365;
const SKEWED = { NODE_OPTIONS: '--import=./test/faults/support/skewed-clock.ts' };
const ZONE = 'Europe/Berlin';

/** Asked for a date of the calendar, the agent wants this of its tool. */
interface Wish {
  readonly day: string;
  readonly time: string;
}

const wishes: Wish[] = [];
const crowd = people(listens());
let world: ReplicaWorld;

function reply(request: ChatRequest): Reply {
  const last = request.messages.at(-1);
  if (last?.role !== 'user' || last.content?.startsWith('book ') !== true) return talk(request);
  const wish = wishes.shift();
  return { toolCalls: [{ name: 'schedule_callback', arguments: { ...wish, time_zone: ZONE, reason: 'a date' } }] };
}

beforeAll(async () => {
  world = await ReplicaWorld.open(['ahead'], {
    scaled: true,
    sentences: Array.from({ length: 12 }, (_, index) => `book the date number ${index + 1}`),
    reply,
    agent: { callbackPolicy: { horizonDays: HORIZON_DAYS } },
    environment: { ...SKEWED, DRAIN_TIMEOUT_SECONDS: '1', WALL_CLOCK_AHEAD_MS: String(HOUR_MS) },
  });
  await world.start('behind', { WALL_CLOCK_AHEAD_MS: String(-HOUR_MS) });
  world.twilio.callee = crowd.callee;
}, 180_000);
afterAll(() => world?.[Symbol.asyncDispose]());

/** Promises to so many people are kept once each, and nobody is rung before their time. */
async function kept(count: number): Promise<void> {
  const promised = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const to = somebody();
      const askedAtMs: number[] = [];
      world.twilio.faultsTo.set(to, [
        ({ place, accept }) => {
          askedAtMs.push(Temporal.Now.instant().epochMilliseconds);
          place();
          accept();
        },
      ]);
      return { to, askedAtMs, due: await promise(world, to, 2_000 + 200 * index) };
    }),
  );
  for (const { to, askedAtMs, due } of promised) {
    await ends(world, due, 'completed');
    expect(asksFor(world.twilio, to)).toHaveLength(1);
    expect(conversations(world.twilio, to)).toHaveLength(1);
    expect(askedAtMs).toHaveLength(1);
    expect(askedAtMs[0]).toBeGreaterThanOrEqual(Temporal.Instant.from(String(due['dueAt'])).epochMilliseconds);
  }
}

/** The others stand still until it is disposed of. */
function without(name: string): Disposable {
  const { pid } = world.replica(name);
  process.kill(pid, 'SIGSTOP');
  return { [Symbol.dispose]: () => void process.kill(pid, 'SIGCONT') };
}

async function keptBy(alone: string, other: string): Promise<void> {
  const { host } = new URL(world.replica(alone).url);
  const { host: balanced } = new URL(world.balancer.url);
  world.twilio.route = (url) => url.replace(balanced, host);
  const to = somebody();
  const due = await promise(world, to, 2_000);
  {
    using _frozen = without(other);
    await until('the call', placedTo(to), WAIT_MS).then((call) => until('its end', call.ended, WAIT_MS));
    expect(Temporal.Now.instant().epochMilliseconds).toBeGreaterThan(
      Temporal.Instant.from(String(due['dueAt'])).epochMilliseconds,
    );
  }
  world.twilio.route = (url) => url;
  await ends(world, due, 'completed');
  expect(asksFor(world.twilio, to)).toHaveLength(1);
  expect(conversations(world.twilio, to)).toHaveLength(1);
}

async function placedTo(to: string): Promise<TwilioCall> {
  for (let index = 0; ; index += 1) {
    const call = await world.twilio.placed(index);
    if (call.options.to === to) return call;
  }
}

test('C1: by a clock that is an hour ahead nobody is dialled an hour early', () => keptBy('ahead', 'behind'));

test('C2: by a clock that is an hour behind nobody is dialled an hour late, or twice', () => keptBy('behind', 'ahead'));

test('C3: two replicas whose clocks are two hours apart dial once, at the time of the database', () => kept(6));

test('C4, C5: dates that are not there are refused with the next that is, and those that are twice, or odd, mean what people mean', async () => {
  const [row] = await world.sql<{ today: string }[]>`select (now() at time zone ${ZONE})::date::text as today`;
  const today = Temporal.PlainDate.from(row?.today ?? '');
  const spring = changeAfter(today, (hours) => hours < 24);
  const autumn = changeAfter(today, (hours) => hours > 24);
  const february = nextOf(today, { month: 2, day: 28 });
  const all: readonly (Wish & { dueAt?: Temporal.ZonedDateTime; suggests?: string })[] = [
    { day: spring.toString(), time: '02:30', suggests: '03:00' },
    { day: autumn.toString(), time: '02:30', dueAt: at(autumn, '02:30') },
    {
      day: nextOf(today, { month: 12, day: 31 }).toString(),
      time: '20:59',
      dueAt: at(nextOf(today, { month: 12, day: 31 }), '20:59'),
    },
    { day: february.inLeapYear ? `${february.year}-02-30` : `${february.year}-02-29`, time: '12:00' },
    { day: `${nextOf(today, { month: 4, day: 30 }).year}-04-31`, time: '12:00' },
  ];
  // On some days of a year the next one of a kind is further ahead than may be booked.
  const horizon = today.add({ days: HORIZON_DAYS - 1 });
  const cases = all.filter(({ day, dueAt, suggests }) => {
    const isThere = dueAt !== undefined || suggests !== undefined;
    return !isThere || Temporal.PlainDate.compare(Temporal.PlainDate.from(day), horizon) < 0;
  });
  const from = somebody();
  const call = await world.twilio.phone(from, OURS, world.voice);
  await until('the greeting', call.quiet(), WAIT_MS);
  for (const [index, one] of cases.entries()) {
    wishes.push({ day: one.day, time: one.time });
    speak(call);
    // A pause alone may be one in which the agent thinks: by then the tool has answered, and it says what.
    await answered(call, index + 1);
    await until(`what is said of ${one.day}`, call.quiet(800), WAIT_MS);
  }
  await call.hangUp();
  const log = await world.logOf(call.sid);
  const results = log.transcript.filter(({ role }) => role === 'tool').map(({ toolResult }) => toolResult as Wire);
  expect(results.map((result) => result['ok'])).toEqual(cases.map(({ dueAt }) => dueAt !== undefined));
  for (const [index, { suggests }] of cases.entries())
    if (suggests !== undefined) expect(JSON.stringify(results[index])).toContain(suggests);
  const { items } = await world.api('GET', `/callbacks?to=${encodeURIComponent(from)}`);
  // One open promise: each date moved it.
  const last = cases.findLast(({ dueAt }) => dueAt !== undefined)?.dueAt;
  expect(last).toBeDefined();
  expect(items.map((item) => item['dueAt'])).toEqual([last?.toInstant().toString({ smallestUnit: 'millisecond' })]);
});

/** So many tool calls of this call have their result, and the agent has told of them. */
async function answered({ sid }: TwilioCall, tools: number): Promise<void> {
  const isTold = async (): Promise<boolean> => {
    const [row] = await world.sql<{ tools: number; last: string }[]>`
      select count(*) filter (where role = 'tool' and turn.ended_at is not null)::int as tools,
        (array_agg(role order by turn_index desc))[1] as last
      from turn join call on call.id = call_id where carrier_call_id = ${sid}`;
    return row !== undefined && row.tools >= tools && row.last === 'agent';
  };
  for (const late = AbortSignal.timeout(WAIT_MS); !(await isTold());) {
    if (late.aborted) throw new Error(`tool call ${tools} was never answered`);
    await systemClock.sleep(50, new AbortController().signal);
  }
}

function at(day: Temporal.PlainDate, time: string): Temporal.ZonedDateTime {
  return day.toZonedDateTime({ timeZone: ZONE, plainTime: Temporal.PlainTime.from(time) });
}

/** The first day after this one whose length in hours fits. */
function changeAfter(day: Temporal.PlainDate, fits: (hours: number) => boolean): Temporal.PlainDate {
  for (let one = day.add({ days: 1 }); ; one = one.add({ days: 1 }))
    if (fits(one.toZonedDateTime(ZONE).hoursInDay)) return one;
}

/** The next such day that is not today. */
function nextOf(day: Temporal.PlainDate, wanted: { month: number; day: number }): Temporal.PlainDate {
  const candidate = day.with(wanted);
  return Temporal.PlainDate.compare(candidate, day) > 0 ? candidate : candidate.add({ years: 1 });
}
