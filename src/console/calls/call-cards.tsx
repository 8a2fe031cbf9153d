import { Group, Stack, Text } from '@mantine/core';
import type { CallWire } from '../../api/calls.ts';
import { useAgentName } from '../agents/use-agents.ts';
import { Person } from '../callbacks/person.tsx';
import { When } from '../time/when.tsx';
import { CallChip } from './call-chip.tsx';
import { Direction } from './call-table.tsx';
import { Duration } from './duration.tsx';
import { endWords, otherSide } from './words.ts';
import { PageLink } from '../shell/page-link.tsx';

/** The same rows for a narrow page. */
export function CallCards({ calls }: { calls: readonly CallWire[] }) {
  return (
    <Stack component="ul" gap="sm" className="rb-cards">
      {calls.map((call) => (
        <CallCard key={call.id} call={call} />
      ))}
    </Stack>
  );
}

function CallCard({ call }: { call: CallWire }) {
  const agentName = useAgentName(call.agentId);
  return (
    <Stack component="li" gap="xs" className="rb-card rb-callback-card">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Direction call={call} />
          <PageLink to="/calls/$callId" params={{ callId: call.id }} className="rb-row-link">
            <Person name={null} number={otherSide(call)} />
          </PageLink>
        </Group>
        <CallChip call={call} />
      </Group>
      <Group justify="space-between" align="flex-end">
        <When at={call.startedAt} emphasis={false} />
        <Text size="sm">
          <Duration call={call} />
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {agentName}
        {call.endReason !== null && `, ${endWords[call.endReason].toLowerCase()}`}
      </Text>
    </Stack>
  );
}
