import { defaultCallbackTimes, type CallbackTimes } from '../../../src/callbacks/deps.ts';
import { defaultCallbackPolicy, type CallbackPolicy } from '../../../src/domain/agent.ts';
import { defaultSchedulerTimes, type SchedulerTimes } from '../../../src/scheduler/times.ts';
import type { Mood } from '../carrier/mood.ts';
import type { Random } from '../kernel/random.ts';

/** The kinds of faults; a seed has some of them and not the others, so that each is also seen alone. */
export const faultKinds = [
  'crash',
  'freeze',
  'suspend',
  'drain',
  'database-restart',
  'database-freeze',
  'database-slow',
  'database-cuts',
  'notifications',
  'clocks',
  'carrier-answers',
  'carrier-refusals',
  'carrier-webhooks',
  'carrier-lookups',
  'operators',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Everything about a run that is decided before it begins. */
export interface Plan {
  readonly seed: number;
  readonly originMs: number;
  /** How long people act and things break. */
  readonly activeMs: number;
  readonly replicas: number;
  readonly persons: number;
  readonly agents: readonly Partial<CallbackPolicy>[];
  readonly actionEveryMs: number;
  readonly faults: ReadonlySet<FaultKind>;
  readonly faultEveryMs: number;
  readonly callsPerSecond: number | null;
  readonly drift: number;
  readonly times: { readonly scheduler: SchedulerTimes; readonly callbacks: CallbackTimes };
  readonly people: { answers: number; busy: number; declines: number; machine: number; fails: number };
  readonly moodWhileActive: Partial<Mood>;
}

const MINUTE_MS = 60_000;

export function planOf(seed: number, random: Random): Plan {
  const calm = random.chance(0.06);
  const share = random.pick([0.15, 0.3, 0.6]);
  const faults = new Set<FaultKind>(calm ? [] : faultKinds.filter(() => random.chance(share)));
  const isOn = (kind: FaultKind): boolean => faults.has(kind);
  // A few minutes of a day, anywhere in it.
  const originMs = Date.UTC(2026, 10, 24) + random.whole(0, 1_439) * MINUTE_MS;
  return {
    seed,
    originMs,
    activeMs: random.between(60_000, 200_000),
    replicas: random.pick([1, 2, 2, 3, 3, 4]),
    persons: random.whole(2, 8),
    agents: Array.from({ length: random.whole(1, 2) }, () => policyOf(random, originMs)),
    actionEveryMs: random.pick([2_000, 5_000, 10_000]),
    faults,
    faultEveryMs: random.pick([3_000, 8_000, 20_000]),
    callsPerSecond: random.pick([null, null, null, 1, 3]),
    drift: isOn('clocks') ? 0.000_2 : 0.000_01,
    times: timesOf(random),
    people: random.pick([
      { answers: 0.4, busy: 0.1, declines: 0.1, machine: 0.1, fails: 0.05 },
      { answers: 0.9, busy: 0, declines: 0, machine: 0, fails: 0 },
      { answers: 0.1, busy: 0.2, declines: 0.2, machine: 0.2, fails: 0.1 },
    ]),
    moodWhileActive: {
      ...(isOn('carrier-answers')
        ? {
            requestLost: random.between(0, 0.15),
            requestSlow: random.between(0, 0.1),
            failsUnplaced: random.between(0, 0.1),
            failsPlaced: random.between(0, 0.1),
            answerLost: random.between(0, 0.2),
            answerSilent: random.between(0, 0.1),
            answerLate: random.between(0, 0.1),
          }
        : {}),
      ...(isOn('carrier-refusals')
        ? { connectFails: 0.1, tooMany: 0.2, refused: 0.02, accountFault: 0.02, queueMs: random.pick([200, 20_000]) }
        : {}),
      ...(isOn('carrier-webhooks')
        ? {
            webhookLost: random.pick([0.1, 0.5, 1]),
            webhookDouble: random.between(0, 0.5),
            webhookLate: random.between(0, 0.4),
          }
        : {}),
      ...(isOn('carrier-lookups')
        ? {
            lookUpFails: random.between(0, 0.6),
            hangupFails: random.between(0, 0.5),
            listLagMs: random.between(0, 15_000),
          }
        : {}),
    },
  };
}

function policyOf(random: Random, originMs: number): Partial<CallbackPolicy> {
  return {
    ...defaultCallbackPolicy,
    maxAttempts: random.whole(1, 3),
    retryDelaysMinutes: {
      noAnswer: random.pick([[0.2, 0.5], [0.1], []]),
      busy: random.pick([[0.1, 0.3], [0.5]]),
      machine: random.pick([[0.5], []]),
    },
    ringTimeoutSeconds: random.pick([5, 15, 30]),
    callingHours: random.chance(0.6) ? null : hoursAround(random, originMs),
    expiresAfterMinutes: random.pick([0.5, 2, 4]),
    maxDialsPerDay: random.pick([2, 5, 20]),
    detectMachines: random.chance(0.5),
    onMachine: random.pick(['hang_up', 'leave_message']),
  };
}

/** Hours that are closed for a few minutes only, about now where the callees are. */
function hoursAround(random: Random, originMs: number): { start: string; end: string } {
  const local = Temporal.Instant.fromEpochMilliseconds(originMs).toZonedDateTimeISO('America/New_York');
  const minuteOf = (ahead: number): string => local.add({ minutes: ahead }).toPlainTime().toString().slice(0, 5);
  const closes = random.whole(0, 2);
  return { start: minuteOf(closes + random.whole(1, 2)), end: minuteOf(closes) };
}

/** The product's times, or shorter ones: what holds must hold for any. */
function timesOf(random: Random): Plan['times'] {
  if (random.chance(0.3)) return { scheduler: defaultSchedulerTimes, callbacks: defaultCallbackTimes };
  return {
    scheduler: { ...defaultSchedulerTimes, silentToMs: 15_000, failedToMs: 10_000, giveUpAfterMs: 600_000 },
    callbacks: {
      ringGraceMs: 10_000,
      answeredPollMs: 15_000,
      unknownChecksMs: [3_000, 10_000, 40_000],
      verdictMs: 5_000,
    },
  };
}
