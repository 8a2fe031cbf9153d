import { Checkbox, Table, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { CallbackWire } from '../../api/callbacks.ts';
import { useAgentName } from '../agents/use-agents.ts';
import { viewerZone } from '../time/format.ts';
import { useNow } from '../time/use-now.ts';
import { When } from '../time/when.tsx';
import type { Selection } from './callback-list.tsx';
import { CancelButton } from './cancel-button.tsx';
import { numberWords, Person } from './person.tsx';
import { StatusChip } from './status-chip.tsx';
import { Warning } from './warning.tsx';
import { attemptsLine, dueTime, isCancellable, statusDetail } from './words.ts';
import { PageLink } from '../shell/page-link.tsx';

export function CallbackTable({
  callbacks,
  caption,
  selection,
}: {
  callbacks: readonly CallbackWire[];
  caption: string;
  selection: Selection;
}) {
  return (
    <div className="rb-table-frame">
      <Table highlightOnHover verticalSpacing="sm" horizontalSpacing="sm">
        <caption className="rb-visually-hidden">{caption}</caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" w={36}>
              <span className="rb-visually-hidden">Selected</span>
            </Table.Th>
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
            <CallbackRow key={callback.id} callback={callback} selection={selection} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function CallbackRow({ callback, selection }: { callback: CallbackWire; selection: Selection }) {
  const agentName = useAgentName(callback.agentId);
  const navigate = useNavigate();
  const detail = statusDetail(callback);
  return (
    // The link in the first cell is the way in for keyboards; the row is only a larger target for the mouse.
    <Table.Tr
      className="rb-row"
      onClick={() => void navigate({ to: '/callbacks/$callbackId', params: { callbackId: callback.id }, search: true })}
    >
      <Table.Td onClick={(event) => event.stopPropagation()}>
        <Tick callback={callback} selection={selection} />
      </Table.Td>
      <Table.Td maw={180}>
        <PageLink
          to="/callbacks/$callbackId"
          params={{ callbackId: callback.id }}
          search={true}
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
      <Table.Td maw={150} miw={96}>
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

/** Chooses a row for what is done with several at once; only what can still be changed can be chosen. */
export function Tick({ callback, selection }: { callback: CallbackWire; selection: Selection }) {
  if (!isCancellable(callback)) return null;
  return (
    <Checkbox
      aria-label={`Select the callback to ${callback.toName ?? numberWords(callback.to)}`}
      checked={selection.has(callback.id)}
      onChange={() => selection.toggle(callback.id)}
    />
  );
}

export function Attempts({ callback }: { callback: CallbackWire }) {
  const now = useNow(30_000);
  return <span className="rb-numbers rb-attempts">{attemptsLine(callback, now, viewerZone())}</span>;
}
