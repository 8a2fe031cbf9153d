import type { MouseEvent } from 'react';
import type { CallbackWire } from '../../api/callbacks.ts';
import { PageLink } from '../shell/page-link.tsx';

type Sick = Pick<CallbackWire, 'warning' | 'from' | 'failureCode' | 'status' | 'cancelledBy' | 'agentId'>;

/** The way to what would help a callback that waits, that will fail or that failed; nothing where only time helps. */
export function Cure({ callback }: { callback: Sick }) {
  const looks = {
    size: 'xs',
    underline: 'always',
    c: 'inherit',
    fw: 600,
    onClick: (event: MouseEvent) => event.stopPropagation(),
  } as const;
  switch (cureOf(callback)) {
    case 'release':
      return (
        <PageLink to="/settings" hash="outbound" {...looks}>
          Release outbound
        </PageLink>
      );
    case 'carrier':
      return (
        <PageLink to="/settings" hash="outbound" {...looks}>
          Look at the carrier
        </PageLink>
      );
    case 'outbound':
      return (
        <PageLink
          to="/phone-numbers"
          {...(callback.from === null ? {} : { hash: numberAnchor(callback.from) })}
          {...looks}
        >
          Switch outbound on
        </PageLink>
      );
    case 'agent':
      return (
        <PageLink to="/agents/$agentId" params={{ agentId: callback.agentId }} {...looks}>
          {"Look at the agent's callback policy"}
        </PageLink>
      );
    case 'do_not_call':
      return (
        <PageLink to="/settings" hash="do-not-call" {...looks}>
          Look at the do-not-call list
        </PageLink>
      );
    case null:
      return null;
  }
}

type CureName = 'release' | 'carrier' | 'outbound' | 'agent' | 'do_not_call';

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

/** Where a phone number stands on its page. */
export function numberAnchor(number: string): string {
  return `number-${number.replaceAll(/[^a-z0-9]/gi, '')}`;
}
