import { randomUUID } from 'node:crypto';
import type { Callback } from '../../src/domain/callback.ts';
import { canCancel, canDialNow, canMove, describeStatus } from '../../src/domain/callback-states.ts';
import { normaliseNumber } from '../../src/domain/numbers.ts';
import { RingbackError } from '../../src/errors.ts';
import type { AppDeps, CallbackView } from '../../src/http/deps.ts';
import { whereabouts } from '../../src/callbacks/whereabouts.ts';
import { pageOfRows } from './console-pages.ts';
import type { ConsoleWorld } from './console-world.ts';

/** What a test may bring about. */
export interface Refusals {
  /** Cancels are refused as if the timer had been faster. */
  readonly cancel: boolean;
  /** Times outside 08:00 to 21:00 in the callee's zone are refused, with the next allowed one. */
  readonly hours: boolean;
}

/** The promises of a gateway in memory, with the refusals that the console has to show. */
export function consoleCallbacks(world: ConsoleWorld, refuses: () => Refusals): AppDeps['callbacks'] {
  const view = (callback: Callback): CallbackView => ({
    callback,
    current: world.attempts.get(callback.id)?.find(({ id }) => id === callback.currentAttemptId),
  });
  const one = (id: string): Callback => {
    const callback = world.callbacks.get(id);
    if (callback === undefined) throw new RingbackError('callback_not_found');
    return callback;
  };
  const allow = (at: Temporal.Instant, zone: string, override: readonly string[]): void => {
    if (Temporal.Instant.compare(at, Temporal.Now.instant().subtract({ minutes: 1 })) < 0)
      throw new RingbackError('due_in_past', [at.toString()]);
    const local = at.toZonedDateTimeISO(zone);
    if (!refuses().hours || override.length > 0 || (local.hour >= 8 && local.hour < 21)) return;
    const morning = local.with({ hour: 8, minute: 0, second: 0, millisecond: 0 });
    const next = (local.hour < 8 ? morning : morning.add({ days: 1 })).toInstant();
    const suggestion = next.toString({ smallestUnit: 'millisecond' });
    throw new RingbackError('outside_calling_hours', [suggestion], { details: { suggestion, mayConfirm: true } });
  };

  return {
    list: async ({ status, agentId, to, from, until, q, open, attention, sort, order, limit, cursor }) => {
      const time = (callback: Callback): Temporal.Instant =>
        sort === 'next' ? (callback.nextAttemptAt ?? callback.dueAt) : callback.dueAt;
      const words = q?.toLowerCase();
      const rows = [...world.callbacks.values()]
        .filter((callback) => status === undefined || status.includes(callback.status))
        .filter((callback) => agentId === undefined || callback.agentId === agentId)
        .filter((callback) => to === undefined || callback.to === to)
        .filter(({ dueAt }) => from === undefined || Temporal.Instant.compare(dueAt, from) >= 0)
        .filter(({ dueAt }) => until === undefined || Temporal.Instant.compare(dueAt, until) < 0)
        .filter((callback) => open === undefined || isOpen(callback) === open)
        .filter(
          (callback) =>
            attention !== true || callback.status === 'failed' || (callback.warning !== null && isOpen(callback)),
        )
        .filter(
          (callback) =>
            words === undefined ||
            [callback.to, callback.toName, callback.reason].some((text) => (text ?? '').toLowerCase().includes(words)),
        )
        .toSorted((one, other) => Temporal.Instant.compare(time(one), time(other)) * (order === 'asc' ? 1 : -1));
      return pageOfRows(rows.map(view), limit, cursor);
    },
    counts: async () => {
      throw new RingbackError('not_found', ['page']);
    },
    find: async (id) => {
      const callback = world.callbacks.get(id);
      return callback === undefined ? undefined : { ...view(callback), attempts: world.attempts.get(id) ?? [] };
    },
    book: async (input) => {
      const to = normaliseNumber(input.to);
      if (to === undefined) throw new RingbackError('number_not_allowed', ['it is not a full international number']);
      const agent = world.agents.find(({ id }) => id === input.agentId);
      if (agent === undefined) throw new RingbackError('not_found', ['agent']);
      const existing = [...world.callbacks.values()].find(
        (callback) => callback.to === to && callback.agentId === agent.id && canCancel(callback),
      );
      if (existing !== undefined)
        throw new RingbackError('open_callback_exists', [], { details: { callbackId: existing.id } });
      const dueAt = Temporal.Instant.from(input.dueAt);
      const timeZone = input.timeZone ?? whereabouts(agent, to).timeZone;
      allow(dueAt, timeZone, input.override);
      const { reason } = input;
      return view(
        world.putCallback({
          id: randomUUID(),
          agentId: agent.id,
          to,
          toName: input.toName ?? null,
          dueAt,
          timeZone,
          reason,
        }),
      );
    },
    cancel: async (id) => {
      const callback = one(id);
      if (refuses().cancel) throw new RingbackError('not_cancellable', ['dialing']);
      if (!canCancel(callback)) throw new RingbackError('not_cancellable', [describeStatus(callback)]);
      return view(world.putCallback({ id, status: 'cancelled', cancelledBy: 'operator', nextAttemptAt: null }));
    },
    move: async (id, input) => {
      const callback = one(id);
      if (!canMove(callback)) throw new RingbackError('not_reschedulable', [describeStatus(callback)]);
      const dueAt = Temporal.Instant.from(input.dueAt);
      allow(dueAt, callback.timeZone, input.override);
      return view(world.putCallback({ id, status: 'scheduled', dueAt, nextAttemptAt: dueAt, attemptsMade: 0 }));
    },
    dialNow: async (id, { override }) => {
      const callback = one(id);
      if (!canDialNow(callback)) throw new RingbackError('not_dialable', [describeStatus(callback)]);
      const now = Temporal.Now.instant();
      allow(now, callback.timeZone, override);
      return view(world.putCallback({ id, nextAttemptAt: now }));
    },
    zone: async (agentId, to) => {
      const agent = world.agents.find(({ id }) => id === agentId);
      if (agent === undefined) throw new RingbackError('not_found', ['agent']);
      return whereabouts(agent, to);
    },
  };
}

function isOpen(callback: Callback): boolean {
  return callback.status === 'dialing' || callback.nextAttemptAt !== null;
}
