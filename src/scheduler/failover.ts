import { statementFailure } from '../../db/failure.ts';
import { evidenceOfLost, restoreAttempt } from '../callbacks/restore.ts';
import type { CallbackDeps } from '../callbacks/deps.ts';
import { settleAttempt } from '../callbacks/settle.ts';
import type { Carrier, FoundCall } from '../carriers/carrier.ts';
import type { MonotonicClock } from '../clock.ts';
import type { Callback } from '../domain/callback.ts';
import type { Log } from '../log.ts';
import { evidenceOfFound } from './evidence.ts';
import { inTime } from './in-time.ts';

export interface MatchCallsOptions {
  readonly callbacks: CallbackDeps;
  /** The carriers that are configured here. */
  readonly carriers: () => readonly Carrier[];
  /** Open callbacks whose time has come, a page in the order of their ids after `afterId`. */
  readonly due: (afterId: string | null, limit: number) => Promise<readonly Callback[]>;
  /** How long a carrier may take to answer. */
  readonly deadlineMs: number;
  /** After each page: the work goes on. */
  readonly onPage: () => Promise<void>;
  readonly clock: MonotonicClock;
  readonly log: Log;
}

/** Callbacks of one page, and carriers that are asked at once. */
const PAGE = 40;
const AT_ONCE = 4;

/**
 * Asks the carriers for calls whose attempts a failover may have lost: for each promise whose time has come, whether its
 * person was called since `since`. What is found is written down again as that callback's attempt and settled, so that
 * nobody is called twice. Attempts that were not lost need nothing: the reconciler looks at them as ever. Throws where a
 * carrier did not answer: then nothing may be dialled, and all of it is done again; what was found stays.
 */
export async function matchRecentCalls(options: MatchCallsOptions, since: Temporal.Instant): Promise<void> {
  let found = 0;
  let looked = 0;
  for (let afterId: string | null = null; ;) {
    const page = await options.due(afterId, PAGE);
    for (let at = 0; at < page.length; at += AT_ONCE) {
      const some = await Promise.all(
        page.slice(at, at + AT_ONCE).map((callback) => matchOne(options, callback, since)),
      );
      found += some.filter(Boolean).length;
    }
    looked += page.length;
    afterId = page.at(-1)?.id ?? null;
    if (page.length < PAGE) break;
    await options.onPage();
  }
  options.log.warn({ callbacks: looked, found }, "the carriers' recent calls were matched after a failover");
}

async function matchOne(options: MatchCallsOptions, callback: Callback, since: Temporal.Instant): Promise<boolean> {
  for (const carrier of options.carriers()) {
    if (carrier.findTo === undefined || !carrier.reaches(callback.to)) continue;
    const calls = await inTime(options.clock, options.deadlineMs, async (signal) =>
      carrier.findTo?.(callback.to, { since, signal }),
    );
    // The newest may be known, as that of another agent's promise to the same person; the one before may be the lost one.
    for (const call of calls ?? []) if (await takeIn(options, carrier.name, callback, call)) return true;
  }
  return false;
}

/** False where it is a call that we know of already, of this callback or another one. */
async function takeIn(
  { callbacks, log }: MatchCallsOptions,
  carrier: string,
  callback: Callback,
  found: FoundCall,
): Promise<boolean> {
  const { carrierCallId } = found;
  const known = await callbacks.store.attemptsOf(callback.id);
  if (known.some((one) => one.carrier === carrier && one.carrierCallId === carrierCallId)) return false;
  const lost = { callbackId: callback.id, attemptId: null, attemptNumber: 1, carrier, carrierCallId, from: null };
  const restored = await restoreAttempt(callbacks, lost);
  if (restored === undefined) return false;
  log.warn({ callbackId: callback.id, attemptId: restored.attempt.id }, 'a call that the database had lost was found');
  for (const evidence of evidenceOfFound(found))
    for (const one of evidenceOfLost(restored.attempt, evidence))
      try {
        await settleAttempt(callbacks, restored.attempt.id, one, { carrierCallId });
      } catch (error) {
        // It is written down as placed: the reconciler goes on with it.
        log.warn({ attemptId: restored.attempt.id, ...statementFailure(error) }, 'what was found could not be settled');
      }
  return true;
}
