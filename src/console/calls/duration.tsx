import type { CallWire } from '../../api/calls.ts';
import { clockDuration } from '../time/format.ts';
import { useNow } from '../time/use-now.ts';
import { isLive, talkSeconds } from './words.ts';

/** How long they talked; it runs while the call does. */
export function Duration({ call }: { call: Pick<CallWire, 'status' | 'answeredAt' | 'endedAt'> }) {
  const now = useNow(isLive(call) ? 1_000 : 3_600_000);
  const seconds = talkSeconds(call, now);
  return <span className="rb-numbers">{seconds === null ? '–' : clockDuration(seconds)}</span>;
}
