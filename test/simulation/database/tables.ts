import type { AgentSettings } from '../../../src/domain/agent.ts';
import { attemptStatuses, type CallbackAttempt } from '../../../src/domain/attempt.ts';
import type { Call } from '../../../src/domain/call.ts';
import { callbackStatuses, type Callback } from '../../../src/domain/callback.ts';
import type { OwnNumber } from '../../../src/domain/numbers.ts';
import type { TimerRow } from '../../../db/callback-store.ts';
import type { Server } from './server.ts';
import { Table } from './table.ts';

export interface NumberRow extends OwnNumber {
  readonly agentId: string | null;
  readonly builtIn: boolean;
}
/** A call; `callerSpoke` stands for a turn of the caller's. */
export interface CallRow extends Call {
  readonly callerSpoke: boolean;
}
export interface ReplicaRow {
  readonly id: string;
  readonly epoch: number;
  readonly leaseUntilMs: number;
  readonly draining: boolean;
}
export interface KeyRow {
  readonly key: string;
  readonly bodyHash: string;
  readonly result: unknown;
  readonly expiresAtMs: number;
}

/** The tables of db/schema.ts that the rooms of the simulation see, with their unique keys and checks. */
export interface Tables {
  readonly agent: Table<AgentSettings>;
  readonly number: Table<NumberRow>;
  readonly callback: Table<Callback>;
  readonly attempt: Table<CallbackAttempt>;
  readonly call: Table<CallRow>;
  readonly timer: Table<TimerRow>;
  readonly replica: Table<ReplicaRow>;
  readonly key: Table<KeyRow>;
  readonly doNotCall: Table<{ readonly number: string }>;
  readonly pause: Table<{ readonly carrier: string; readonly reason: string }>;
  readonly pacer: Table<{ readonly carrier: string; readonly nextAtMs: number }>;
  /** Under one key: why all outbound is held. */
  readonly hold: Table<{ readonly reason: string }>;
}

export function openTables(server: Server): Tables {
  return {
    agent: new Table(server, { name: 'agent', idOf: (row) => row.id }),
    number: new Table(server, { name: 'phone_number', idOf: (row) => row.number }),
    callback: new Table(server, {
      name: 'callback',
      idOf: (row) => row.id,
      uniques: [
        { name: 'callback_one_open', keyOf: (row) => (isOpenPromise(row) ? `${row.agentId} ${row.to}` : null) },
      ],
      checks: [
        { name: 'callback_status', holds: (row) => callbackStatuses.includes(row.status) },
        {
          name: 'callback_dialing_has_attempt',
          holds: (row) => (row.status === 'dialing') === (row.currentAttemptId !== null),
        },
        {
          name: 'callback_dialing_has_no_timer',
          holds: (row) => row.status !== 'dialing' || row.nextAttemptAt === null,
        },
        {
          name: 'callback_scheduled_has_timer',
          holds: (row) => row.status !== 'scheduled' || row.nextAttemptAt !== null,
        },
      ],
    }),
    attempt: new Table(server, {
      name: 'attempt',
      idOf: (row) => row.id,
      uniques: [
        { name: 'attempt_number', keyOf: (row) => `${row.callbackId} ${row.number}` },
        {
          name: 'attempt_one_in_flight',
          keyOf: (row) => (row.status === 'ended' ? null : `${row.carrier} ${row.to}`),
        },
        {
          name: 'attempt_carrier_call',
          keyOf: (row) => (row.carrierCallId === null ? null : `${row.carrier} ${row.carrierCallId}`),
        },
      ],
      checks: [
        { name: 'attempt_status', holds: (row) => attemptStatuses.includes(row.status) },
        { name: 'attempt_ended_has_outcome', holds: (row) => (row.status === 'ended') === (row.outcome !== null) },
      ],
    }),
    call: new Table(server, {
      name: 'call',
      idOf: (row) => row.id,
      uniques: [
        {
          name: 'call_carrier_call',
          keyOf: (row) => (row.carrierCallId === null ? null : `${row.carrier} ${row.carrierCallId}`),
        },
      ],
    }),
    timer: new Table<TimerRow>(server, { name: 'timer', idOf: timerId }),
    replica: new Table(server, { name: 'replica', idOf: (row) => row.id }),
    key: new Table(server, { name: 'idempotency_key', idOf: (row) => row.key }),
    doNotCall: new Table(server, { name: 'do_not_call', idOf: (row) => row.number }),
    pause: new Table(server, { name: 'carrier_pause', idOf: (row) => row.carrier }),
    pacer: new Table(server, { name: 'pacer', idOf: (row) => row.carrier }),
    hold: new Table(server, { name: 'hold', idOf: () => 'outbound_hold' }),
  };
}

export function timerId(row: Pick<TimerRow, 'fireAt' | 'id'>): string {
  return `${row.fireAt.epochMilliseconds} ${row.id}`;
}

/** The condition of the index `callback_one_open`. */
export function isOpenPromise(row: Callback): boolean {
  return (row.status === 'scheduled' || row.status === 'no_answer') && row.nextAttemptAt !== null;
}
