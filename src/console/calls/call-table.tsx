import { Group, Table, Text } from '@mantine/core';
import { IconPhoneIncoming, IconPhoneOutgoing } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import type { CallWire } from '../../api/calls.ts';
import { useAgentName } from '../agents/use-agents.ts';
import { Person } from '../callbacks/person.tsx';
import { When } from '../time/when.tsx';
import { CallChip } from './call-chip.tsx';
import { Duration } from './duration.tsx';
import { endWords, otherSide } from './words.ts';
import { PageLink } from '../shell/page-link.tsx';

export function CallTable({ calls }: { calls: readonly CallWire[] }) {
  return (
    <div className="rb-table-frame">
      <Table highlightOnHover verticalSpacing="sm" horizontalSpacing="md">
        <caption className="rb-visually-hidden">Calls</caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">With</Table.Th>
            <Table.Th scope="col">Started</Table.Th>
            <Table.Th scope="col">Duration</Table.Th>
            <Table.Th scope="col">Status</Table.Th>
            <Table.Th scope="col">Agent</Table.Th>
            <Table.Th scope="col">Callback</Table.Th>
            <Table.Th scope="col">Recording</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {calls.map((call) => (
            <CallRow key={call.id} call={call} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function CallRow({ call }: { call: CallWire }) {
  const agentName = useAgentName(call.agentId);
  const navigate = useNavigate();
  return (
    <Table.Tr className="rb-row" onClick={() => void navigate({ to: '/calls/$callId', params: { callId: call.id } })}>
      <Table.Td>
        <Group gap="xs" wrap="nowrap" align="flex-start">
          <Direction call={call} />
          <PageLink
            to="/calls/$callId"
            params={{ callId: call.id }}
            className="rb-row-link"
            onClick={(event) => event.stopPropagation()}
          >
            <Person name={null} number={otherSide(call)} />
          </PageLink>
        </Group>
      </Table.Td>
      <Table.Td className="rb-nowrap">
        <When at={call.startedAt} emphasis={false} />
      </Table.Td>
      <Table.Td>
        <Duration call={call} />
      </Table.Td>
      <Table.Td>
        <CallChip call={call} />
        {call.endReason !== null && (
          <Text size="xs" c="dimmed" mt={4}>
            {endWords[call.endReason]}
          </Text>
        )}
      </Table.Td>
      <Table.Td maw={140}>
        <Text size="sm" className="rb-free-text rb-clamp">
          {agentName}
        </Text>
      </Table.Td>
      <Table.Td>
        {call.callbackId === null ? (
          <Text size="sm" c="dimmed">
            –
          </Text>
        ) : (
          <PageLink
            to="/callbacks/$callbackId"
            params={{ callbackId: call.callbackId }}
            search={{}}
            size="sm"
            underline="always"
            onClick={(event) => event.stopPropagation()}
          >
            Open the callback
          </PageLink>
        )}
      </Table.Td>
      <Table.Td>
        <Text size="sm" {...(call.recordingAvailable ? {} : { c: 'dimmed' })}>
          {call.recordingAvailable ? 'Yes' : '–'}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}

export function Direction({ call }: { call: Pick<CallWire, 'direction'> }) {
  const inbound = call.direction === 'inbound';
  const Icon = inbound ? IconPhoneIncoming : IconPhoneOutgoing;
  const words = inbound ? 'They called' : 'We called';
  return (
    <span title={words} className="rb-direction">
      <Icon size={18} stroke={1.7} aria-hidden />
      <span className="rb-visually-hidden">{words}</span>
    </span>
  );
}
