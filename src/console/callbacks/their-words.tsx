import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { CallWire, TurnWire } from '../../api/calls.ts';
import { callQueries } from '../api/resources.ts';
import { PageLink } from '../shell/page-link.tsx';

/** What the caller said when they asked for it, with the way to that second of the call; nothing where that is not known. */
export function TheirWords({ callId, callbackId }: { callId: string; callbackId: string }) {
  const call = useQuery({ ...callQueries.one(callId), retry: false }).data;
  const asked = call === undefined ? null : askedIn(call, callbackId);
  if (call === undefined || asked === null) return null;
  const seconds = (Date.parse(asked.startedAt) - Date.parse(call.answeredAt ?? call.startedAt)) / 1000;
  return (
    <blockquote className="rb-quote">
      <Text size="sm" className="rb-free-text rb-clamp">
        {asked.text}
      </Text>
      <PageLink
        to="/calls/$callId"
        params={{ callId }}
        hash={`t=${Math.max(0, seconds).toFixed(1)}`}
        size="xs"
        underline="always"
      >
        Hear them ask for it
      </PageLink>
    </blockquote>
  );
}

/** The caller's last words before the tool that booked this very promise. */
export function askedIn(call: Pick<CallWire, 'transcript'>, callbackId: string): TurnWire | null {
  const turns = call.transcript ?? [];
  const booked = turns.findIndex(
    ({ toolResult }) =>
      typeof toolResult === 'object' &&
      toolResult !== null &&
      'callback_id' in toolResult &&
      toolResult.callback_id === callbackId,
  );
  return booked === -1 ? null : (turns.slice(0, booked).findLast(({ role }) => role === 'caller') ?? null);
}
