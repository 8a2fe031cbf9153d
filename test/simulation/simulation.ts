import { defaultSchedulerTimes } from '../../src/scheduler/times.ts';
import { Random } from './kernel/random.ts';
import { isOpenPromise } from './database/tables.ts';
import { Nemesis } from './world/nemesis.ts';
import { People } from './world/people.ts';
import { planOf, type FaultKind } from './world/plan.ts';
import { Violation, type Figures } from './world/referee.ts';
import type { ReplicaParts } from './world/replica.ts';
import { World } from './world/world.ts';

export interface SimulateOptions {
  /** Sees every line of the trace. */
  readonly print?: (line: string) => void;
  /** Wraps the parts of each process: how a test plants a bug. */
  readonly plant?: (parts: ReplicaParts) => ReplicaParts;
}

/** How a run went. */
export interface Outcome {
  readonly seed: number;
  /** Which promise was broken; null where none was. */
  readonly violation: string | null;
  /** Two runs of one seed have the same. */
  readonly hash: string;
  readonly steps: number;
  /** How much time went by in the simulation. */
  readonly simulatedMs: number;
  readonly faults: readonly FaultKind[];
  readonly figures: Figures;
  /** The last events, for the report of a violation. */
  readonly last: readonly string[];
}

/** With everything mended: how long an attempt may stay in flight, at most. */
const REST_MS = 12 * 60_000;
/** More steps than any run takes that comes to rest. */
const MOST_STEPS = 3_000_000;
/**
 * Where nothing is wrong: a row that somebody else holds in the very moment of its claim is passed over, and found by the
 * next look at the overdue; then the way to the carrier, which is no fault of ours.
 */
const CALM_LATENESS_MS = defaultSchedulerTimes.lookEveryMs + defaultSchedulerTimes.overdueAfterMs + 700;
const plans = 7;

/** Plays one seed from its beginning to its rest. The same seed is the same run, event by event. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<Outcome> {
  const random = new Random(seed, plans);
  const plan = planOf(seed, random);
  const world = new World(plan, options.print ?? null, options.plant ?? ((parts) => parts));
  const { universe, watch, tables } = world;
  const nemesis = new Nemesis(world, random);
  const people = new People(world, random, world.agents, world.persons);
  if (plan.faults.size === 0) watch.latestAllowedMs = CALM_LATENESS_MS;
  const isActive = (): boolean => universe.nowMs < plan.activeMs;
  const act = (): void => {
    if (!isActive()) return;
    people.act();
    world.later(random.delay(plan.actionEveryMs), act);
  };
  const strike = (): void => {
    if (!isActive()) return;
    nemesis.strike();
    world.later(random.delay(plan.faultEveryMs), strike);
  };
  const resume = (): void => {
    world.resumeCarriers();
    if (isActive()) world.later(20_000, resume);
  };
  world.later(random.between(0, 3_000), act);
  world.later(random.between(3_000, 10_000), strike);
  world.later(20_000, resume);
  world.later(plan.activeMs, () => nemesis.mend());

  const isAtRest = (): boolean => {
    if (isActive() || world.exchange.requestsUnderWay > 0) return false;
    for (const row of tables.callback.rows.values()) if (row.status === 'dialing' || isOpenPromise(row)) return false;
    return world.exchange.calls.every((call) => typeof call.state === 'object');
  };
  const restBy = (): number => {
    const expiries = [...tables.callback.rows.values()].map((row) => row.expiresAt.epochMilliseconds - plan.originMs);
    return Math.max(plan.activeMs, ...expiries) + REST_MS;
  };
  let violation: string | null = null;
  try {
    let endMs = Number.POSITIVE_INFINITY;
    await universe.run(() => {
      world.throwFailure();
      if (universe.steps > MOST_STEPS) throw new Violation('it never came to rest');
      if (isActive() || universe.steps % 50 !== 0) return true;
      if (endMs === Number.POSITIVE_INFINITY) endMs = restBy();
      if (isAtRest()) return false;
      if (universe.nowMs > endMs) throw new Violation(`it is not at rest: ${unrest(world)}`);
      return true;
    });
    watch.checkEnd(world.exchange);
  } catch (error) {
    violation = error instanceof Violation ? error.message : `${error instanceof Error ? error.stack : String(error)}`;
  }
  for (const replica of world.replicas) replica.machine.kill();
  return {
    seed,
    violation,
    hash: world.trace.hash,
    steps: universe.steps,
    simulatedMs: Math.round(universe.nowMs),
    faults: [...plan.faults],
    figures: watch.figures,
    last: world.trace.last,
  };
}

function unrest(world: World): string {
  const rows = [...world.tables.callback.rows.values()].filter((row) => row.status === 'dialing' || isOpenPromise(row));
  return rows.map((row) => `${row.id} is ${row.status}, next ${row.nextAttemptAt?.toString() ?? 'never'}`).join('; ');
}
