import type { CallbackFilter } from '../../db/callback-store.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Callback, CallbackStatus } from '../domain/callback.ts';
import { normaliseNumber } from '../domain/numbers.ts';
import { likelyZone } from '../domain/wall-time.ts';
import { candidateZones, isZone } from '../domain/zones.ts';
import { RingbackError } from '../errors.ts';
import { bookCallback } from './book.ts';
import { cancelCallback } from './cancel.ts';
import type { CallbackDeps } from './deps.ts';
import { aheadOrNow, dialNow, moveCallback } from './move.ts';
import { whereabouts, type Whereabouts } from './whereabouts.ts';

/** A callback with the attempt in flight, while it is Dialing. */
export interface CallbackSight {
  readonly callback: Callback;
  readonly current: CallbackAttempt | undefined;
}

/** How a page of callbacks is asked for; times are ISO 8601. */
export interface CallbackSearch {
  readonly status?: CallbackFilter['statuses'];
  readonly agentId?: string | undefined;
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly q?: string | undefined;
  readonly open?: boolean | undefined;
  readonly attention?: boolean | undefined;
  readonly sort?: 'due' | 'next' | undefined;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A booking by an operator or the API; `dueAt` is ISO 8601. */
export interface OperatorOrder {
  readonly agentId: string;
  readonly to: string;
  readonly toName?: string | null | undefined;
  readonly dueAt: string;
  readonly timeZone?: string | undefined;
  readonly reason: string;
  readonly originCallId?: string | undefined;
  readonly override: readonly string[];
}

type Operator = 'api' | 'operator';

/** Year 1: before it Postgres counts otherwise. */
const EARLIEST_MS = -62_135_596_800_000;

/** The use-cases of callbacks as an operator and the API use them. */
export class OperatorDesk {
  readonly #deps: CallbackDeps;
  readonly #findAgent: (id: string) => Promise<AgentSettings | undefined>;

  constructor(deps: CallbackDeps, findAgent: (id: string) => Promise<AgentSettings | undefined>) {
    this.#deps = deps;
    this.#findAgent = findAgent;
  }

  /** By due time. Throws `invalid_request` for a cursor that is not ours. */
  async list(search: CallbackSearch): Promise<{ items: CallbackSight[]; nextCursor: string | null }> {
    const found = await this.#deps.store.list({
      statuses: search.status,
      agentId: search.agentId,
      to: search.to?.replaceAll('\0', ''),
      dueFrom: search.from === undefined ? undefined : instantOf(search.from, 'from'),
      dueUntil: search.until === undefined ? undefined : instantOf(search.until, 'until'),
      search: search.q?.replaceAll('\0', ''),
      open: search.open,
      attention: search.attention,
      sort: search.sort,
      order: search.order,
      // One more than asked for tells whether there is a next page.
      limit: search.limit + 1,
      after: search.cursor === undefined ? undefined : readCursor(search.cursor),
    });
    const page = found.slice(0, search.limit);
    const last = page.at(-1);
    return {
      items: await this.#see(page),
      nextCursor: found.length > search.limit && last !== undefined ? cursorOf(last, search.sort) : null,
    };
  }

  counts(): Promise<Record<CallbackStatus, number>> {
    return this.#deps.store.counts();
  }

  async find(id: string): Promise<(CallbackSight & { attempts: readonly CallbackAttempt[] }) | undefined> {
    const callback = await this.#deps.store.find(id);
    if (callback === undefined) return undefined;
    const attempts = await this.#deps.store.attemptsOf(id);
    return { callback, current: attempts.find((attempt) => attempt.id === callback.currentAttemptId), attempts };
  }

  /** Throws `not_found` for the agent, `invalid_request` for a zone that does not exist, and what `bookCallback` throws. */
  async book(
    order: OperatorOrder,
    options: { actor: Operator; idempotencyKey: string | undefined },
  ): Promise<CallbackSight> {
    const agent = await this.#findAgent(order.agentId);
    if (agent === undefined) throw new RingbackError('not_found', ['agent']);
    const zone = order.timeZone === undefined ? undefined : knownZone(order.timeZone);
    const { callback } = await bookCallback(this.#deps, {
      agent,
      to: order.to,
      toName: order.toName ?? null,
      reason: order.reason,
      when: (now) => ({
        at: aheadOrNow(Temporal.Instant.from(order.dueAt), now),
        zone: zone ?? likelyZone(candidateZones(normaliseNumber(order.to) ?? ''), agent.timeZone),
        zoneNamed: zone !== undefined,
      }),
      originCallId: order.originCallId ?? null,
      dialled: null,
      by: options.actor,
      confirmed: false,
      override: order.override.includes('calling_hours'),
      key: options.idempotencyKey === undefined ? null : `api:${options.idempotencyKey}`,
      body: order,
    });
    return this.#seeOne(callback);
  }

  async cancel(id: string, actor: Operator): Promise<CallbackSight> {
    return this.#seeOne(await cancelCallback(this.#deps, id, actor));
  }

  async move(id: string, to: { dueAt: string; override: readonly string[] }, actor: Operator): Promise<CallbackSight> {
    const dueAt = Temporal.Instant.from(to.dueAt);
    return this.#seeOne(
      await moveCallback(this.#deps, id, { dueAt, override: to.override.includes('calling_hours') }, actor),
    );
  }

  async dialNow(id: string, options: { override: readonly string[] }, actor: Operator): Promise<CallbackSight> {
    return this.#seeOne(await dialNow(this.#deps, id, { override: options.override.includes('calling_hours') }, actor));
  }

  /** What a number tells before anything is booked. Throws `not_found` for the agent. */
  async zone(agentId: string, to: string): Promise<Whereabouts> {
    const agent = await this.#findAgent(agentId);
    if (agent === undefined) throw new RingbackError('not_found', ['agent']);
    return whereabouts(agent, to);
  }

  async #seeOne(callback: Callback): Promise<CallbackSight> {
    const [sight] = await this.#see([callback]);
    return sight ?? { callback, current: undefined };
  }

  async #see(callbacks: readonly Callback[]): Promise<CallbackSight[]> {
    const dialing = callbacks.filter((callback) => callback.status === 'dialing').map((callback) => callback.id);
    const current = await this.#deps.store.currentAttempts(dialing);
    return callbacks.map((callback) => ({
      callback,
      current: current.find((attempt) => attempt.id === callback.currentAttemptId),
    }));
  }
}

function cursorOf(callback: Callback, sort: CallbackSearch['sort']): string {
  const at = sort === 'next' ? (callback.nextAttemptAt ?? callback.dueAt) : callback.dueAt;
  return Buffer.from(JSON.stringify([at.epochMilliseconds, callback.id])).toString('base64url');
}

function readCursor(cursor: string): { dueAt: Temporal.Instant; id: string } {
  const match = /^\[(\d{1,14}),"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"\]$/.exec(
    Buffer.from(cursor, 'base64url').toString('utf8'),
  );
  if (match?.[1] === undefined || match[2] === undefined)
    throw new RingbackError('invalid_request', ['cursor: not one of ours']);
  return { dueAt: Temporal.Instant.fromEpochMilliseconds(Number(match[1])), id: match[2] };
}

function knownZone(zone: string): string {
  // An offset such as +05:00 can be computed with, and is no zone.
  if (!isZone(zone)) throw new RingbackError('invalid_request', ['timeZone: not an IANA time zone']);
  return zone;
}

/** A time from the wire. Throws `invalid_request` for one that Postgres does not know. */
function instantOf(text: string, member: string): Temporal.Instant {
  const at = Temporal.Instant.from(text);
  if (at.epochMilliseconds < EARLIEST_MS)
    throw new RingbackError('invalid_request', [`${member}: there was no such time`]);
  return at;
}
