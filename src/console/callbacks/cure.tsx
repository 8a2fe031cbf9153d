import type { MouseEvent } from 'react';
import { PageLink } from '../shell/page-link.tsx';
import { cureOf, type Sick } from './cures.ts';

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

/** Where a phone number stands on its page. */
export function numberAnchor(number: string): string {
  return `number-${number.replaceAll(/[^a-z0-9]/gi, '')}`;
}
