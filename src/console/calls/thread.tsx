import { Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { CallWire } from '../../api/calls.ts';
import { callQueries } from '../api/resources.ts';
import { WhenLine } from '../time/when.tsx';
import { PageLink } from '../shell/page-link.tsx';

/** The other calls of the same conversation: what this one goes on from, and what came of it. */
export function Thread({ call }: { call: CallWire }) {
  const calls = useQuery(callQueries.ofConversation(call.conversationId)).data?.items ?? [];
  const others = calls.filter(({ id }) => id !== call.id);
  if (others.length === 0) return null;
  return (
    <section className="rb-card rb-panel" aria-labelledby="thread">
      <Title order={2} size="h5" id="thread" mb="xs">
        The same conversation
      </Title>
      <Stack gap="xs">
        {others.map((other) => (
          <div key={other.id}>
            <PageLink to="/calls/$callId" params={{ callId: other.id }} size="sm" underline="always">
              {other.startedAt < call.startedAt ? 'Continued from an earlier call' : 'Went on in a later call'}
            </PageLink>
            <Text size="xs" c="dimmed">
              {other.direction === 'inbound' ? 'They called' : 'We called'}, <WhenLine at={other.startedAt} size="xs" />
            </Text>
            {other.summary !== null && (
              <Text size="sm" className="rb-free-text rb-clamp">
                {other.summary}
              </Text>
            )}
          </div>
        ))}
      </Stack>
    </section>
  );
}
