import type { MouseEvent } from 'react';
import type { CallbackWire } from '../../api/callbacks.ts';
import { PageLink } from '../shell/page-link.tsx';

/** The way to what would help a callback that waits, or that will fail; nothing where only time helps. */
export function Cure({ callback }: { callback: Pick<CallbackWire, 'warning' | 'from'> }) {
  const warning = callback.warning ?? '';
  const looks = {
    size: 'xs',
    underline: 'always',
    c: 'inherit',
    fw: 600,
    onClick: (event: MouseEvent) => event.stopPropagation(),
  } as const;
  if (/all outbound is held/i.test(warning))
    return (
      <PageLink to="/settings" hash="outbound" {...looks}>
        Release outbound
      </PageLink>
    );
  if (/carrier is paused/i.test(warning))
    return (
      <PageLink to="/settings" hash="outbound" {...looks}>
        Look at the carrier
      </PageLink>
    );
  if (/outbound/i.test(warning))
    return (
      <PageLink
        to="/phone-numbers"
        {...(callback.from === null ? {} : { hash: numberAnchor(callback.from) })}
        {...looks}
      >
        Switch outbound on
      </PageLink>
    );
  return null;
}

/** Where a phone number stands on its page. */
export function numberAnchor(number: string): string {
  return `number-${number.replaceAll(/[^a-z0-9]/gi, '')}`;
}
