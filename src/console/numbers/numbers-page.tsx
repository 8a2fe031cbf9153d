import { Badge, Group, Table, Text } from '@mantine/core';
import { IconAddressBook, IconCheck, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useAgents } from '../agents/use-agents.ts';
import { numberList } from '../api/resources.ts';
import { numberWords } from '../callbacks/person.tsx';
import { Failure } from '../shell/failure.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';

export function NumbersPage() {
  const numbers = useQuery(numberList);
  const agents = useAgents();
  const rows = numbers.data?.items;
  return (
    <Page title="Phone numbers" hint="The lines on which agents answer and dial.">
      {rows === undefined && numbers.isError && <Failure what="The phone numbers" error={numbers.error} onRetry={() => void numbers.refetch()} />}
      {numbers.isPending && <Waiting rows={2} />}
      {rows?.length === 0 && (
        <Empty icon={<IconAddressBook size={32} stroke={1.4} aria-hidden />} title="No phone numbers">
          A carrier's number shows up here with its first signed call.
        </Empty>
      )}
      {rows !== undefined && rows.length > 0 && (
        <div className="rb-table-frame" tabIndex={0} role="region" aria-label="Phone numbers">
          <Table verticalSpacing="sm" horizontalSpacing="md">
            <caption className="rb-visually-hidden">Phone numbers</caption>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Number</Table.Th>
                <Table.Th scope="col">Carrier</Table.Th>
                <Table.Th scope="col">Agent</Table.Th>
                <Table.Th scope="col">Inbound</Table.Th>
                <Table.Th scope="col">Outbound</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <Table.Tr key={row.id}>
                  <Table.Td>
                    <Group gap="xs">
                      <Text size="sm" fw={600} className="rb-numbers">
                        {numberWords(row.number)}
                      </Text>
                      {row.builtIn && (
                        <Badge variant="light" color="gray" tt="none">
                          Built in
                        </Badge>
                      )}
                    </Group>
                  </Table.Td>
                  <Table.Td>{row.carrier}</Table.Td>
                  <Table.Td>{agents.find(({ id }) => id === row.agentId)?.name ?? 'The default agent'}</Table.Td>
                  <Table.Td>
                    <OnOff on={row.inboundEnabled} />
                  </Table.Td>
                  <Table.Td>
                    <OnOff on={row.outboundEnabled} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Page>
  );
}

function OnOff({ on }: { on: boolean }) {
  return (
    <Badge variant="light" color={on ? 'green' : 'gray'} tt="none" leftSection={on ? <IconCheck size={12} aria-hidden /> : <IconX size={12} aria-hidden />}>
      {on ? 'On' : 'Off'}
    </Badge>
  );
}
