import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { callQueries } from '../api/resources.ts';
import { PageLink } from '../shell/page-link.tsx';
import { askedIn } from './asked-in.ts';

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
