import { Table, Text } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { CallbackWire } from '../../api/callbacks.ts';
import { useAgentName } from '../agents/use-agents.ts';
import { viewerZone } from '../time/format.ts';
import { useNow } from '../time/use-now.ts';
import { When } from '../time/when.tsx';
import { CancelButton } from './cancel-button.tsx';
import { Person } from './person.tsx';
import { StatusChip } from './status-chip.tsx';
import { Warning } from './warning.tsx';
import { attemptsLine, dueTime, statusDetail } from './words.ts';
import { PageLink } from '../shell/page-link.tsx';

export function CallbackTable({ callbacks, caption }: { callbacks: readonly CallbackWire[]; caption: string }) {
  return (
    <div className="rb-table-frame">
      <Table highlightOnHover verticalSpacing="sm" horizontalSpacing="sm">
        <caption className="rb-visually-hidden">{caption}</caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">To</Table.Th>
            <Table.Th scope="col">When</Table.Th>
            <Table.Th scope="col">Status</Table.Th>
            <Table.Th scope="col">Reason</Table.Th>
            <Table.Th scope="col">Attempts</Table.Th>
            <Table.Th scope="col">Agent</Table.Th>
            <Table.Th scope="col">
              <span className="rb-visually-hidden">Actions</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {callbacks.map((callback) => (
            <CallbackRow key={callback.id} callback={callback} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function CallbackRow({ callback }: { callback: CallbackWire }) {
  const agentName = useAgentName(callback.agentId);
  const navigate = useNavigate();
  const { tab } = useSearch({ from: '/shell/callbacks' });
  const search = tab === undefined ? {} : { tab };
  const detail = statusDetail(callback);
  return (
    // The link in the first cell is the way in for keyboards; the row is only a larger target for the mouse.
    <Table.Tr
      className="rb-row"
      onClick={() => void navigate({ to: '/callbacks/$callbackId', params: { callbackId: callback.id }, search })}
    >
      <Table.Td maw={180}>
        <PageLink
          to="/callbacks/$callbackId"
          params={{ callbackId: callback.id }}
          search={search}
          className="rb-row-link"
          onClick={(event) => event.stopPropagation()}
        >
          <Person name={callback.toName} number={callback.to} />
        </PageLink>
      </Table.Td>
      <Table.Td className="rb-nowrap">
        <When at={dueTime(callback)} zone={callback.timeZone} />
      </Table.Td>
      <Table.Td maw={260} className="rb-status-cell">
        <StatusChip callback={callback} />
        {detail !== null && (
          <Text size="xs" c="dimmed" mt={4} className="rb-free-text">
            {detail}
          </Text>
        )}
        <Warning callback={callback} />
      </Table.Td>
      <Table.Td maw={260}>
        <Text size="sm" className="rb-free-text rb-clamp" {...(callback.reason === '' ? { c: 'dimmed' } : {})}>
          {callback.reason === '' ? 'None given' : callback.reason}
        </Text>
      </Table.Td>
      <Table.Td>
        <Attempts callback={callback} />
      </Table.Td>
      <Table.Td maw={132}>
        <Text size="sm" className="rb-free-text rb-clamp">
          {agentName}
        </Text>
      </Table.Td>
      <Table.Td ta="right">
        <CancelButton callback={callback} />
      </Table.Td>
    </Table.Tr>
  );
}

export function Attempts({ callback }: { callback: CallbackWire }) {
  const now = useNow(30_000);
  return <span className="rb-numbers rb-attempts">{attemptsLine(callback, now, viewerZone())}</span>;
}
