import type { CallbackWire } from '../../api/callbacks.ts';

/** What is looked at to find a cure. */
export type Sick = Pick<CallbackWire, 'warning' | 'from' | 'failureCode' | 'status' | 'cancelledBy' | 'agentId'>;

/** What would help. */
export type CureName = 'release' | 'carrier' | 'outbound' | 'agent' | 'do_not_call';

/** By the code where it is over, by the words of the warning while it waits. */
export function cureOf(callback: Sick): CureName | null {
  if (callback.status === 'cancelled') return callback.cancelledBy === 'do_not_call' ? 'do_not_call' : null;
  if (callback.status === 'failed') return failureCures[callback.failureCode ?? ''] ?? null;
  const warning = callback.warning ?? '';
  if (/all outbound is held/i.test(warning)) return 'release';
  if (/carrier is paused/i.test(warning)) return 'carrier';
  if (/outbound/i.test(warning)) return 'outbound';
  if (/today|a day|day's/i.test(warning)) return 'agent';
  return null;
}

const failureCures: Readonly<Record<string, CureName>> = {
  outbound_off: 'outbound',
  no_outbound_number: 'outbound',
  country_not_allowed: 'agent',
};
