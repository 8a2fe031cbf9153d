import { Group, Stack, Text } from '@mantine/core';
import type { CallbackWire } from '../../api/callbacks.ts';
import { useAgentName } from '../agents/use-agents.ts';
import { When } from '../time/when.tsx';
import type { Selection } from './callback-list.tsx';
import { Attempts, Tick } from './callback-table.tsx';
import { CancelButton } from './cancel-button.tsx';
import { Person } from './person.tsx';
import { StatusChip } from './status-chip.tsx';
import { Warning } from './warning.tsx';
import { dueTime, statusDetail } from './words.ts';
import { PageLink } from '../shell/page-link.tsx';

/** The same rows for a narrow page. */
export function CallbackCards({ callbacks, selection }: { callbacks: readonly CallbackWire[]; selection: Selection }) {
  return (
    <Stack component="ul" gap="sm" className="rb-cards">
      {callbacks.map((callback) => (
        <CallbackCard key={callback.id} callback={callback} selection={selection} />
      ))}
    </Stack>
  );
}

function CallbackCard({ callback, selection }: { callback: CallbackWire; selection: Selection }) {
  const agentName = useAgentName(callback.agentId);
  const detail = statusDetail(callback);
  return (
    <Stack component="li" gap="xs" className="rb-card rb-callback-card">
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <Tick callback={callback} selection={selection} />
        <PageLink
          flex={1}
          to="/callbacks/$callbackId"
          params={{ callbackId: callback.id }}
          search={true}
          className="rb-row-link"
        >
          <Person name={callback.toName} number={callback.to} />
        </PageLink>
        <StatusChip callback={callback} />
      </Group>
      {detail !== null && (
        <Text size="xs" c="dimmed" className="rb-free-text">
          {detail}
        </Text>
      )}
      <Warning callback={callback} />
      {callback.reason !== '' && (
        <Text size="sm" className="rb-free-text rb-clamp">
          {callback.reason}
        </Text>
      )}
      <Group justify="space-between" align="flex-end" wrap="nowrap">
        <When at={dueTime(callback)} zone={callback.timeZone} />
        <CancelButton callback={callback} size="sm" />
      </Group>
      <Text size="xs" c="dimmed" component="div">
        {agentName}, attempts: <Attempts callback={callback} />
      </Text>
    </Stack>
  );
}
