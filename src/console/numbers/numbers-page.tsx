import { Badge, Group, SimpleGrid, Stack, Title } from '@mantine/core';
import { IconAddressBook, IconCheck, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { PhoneNumberWire } from '../../api/phone-numbers.ts';
import { useAgents } from '../agents/use-agents.ts';
import { numberList } from '../api/resources.ts';
import { numberWords } from '../callbacks/person.tsx';
import { Fact, Facts } from '../shell/facts.tsx';
import { Failure } from '../shell/failure.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';

export function NumbersPage() {
  const numbers = useQuery(numberList);
  return (
    <Page title="Phone numbers" hint="The lines on which agents answer and dial.">
      {numbers.data === undefined && numbers.isError && (
        <Failure what="The phone numbers" error={numbers.error} onRetry={() => void numbers.refetch()} />
      )}
      {numbers.isPending && <Waiting rows={2} />}
      {numbers.data?.items.length === 0 && (
        <Empty icon={<IconAddressBook size={32} stroke={1.4} aria-hidden />} title="No phone numbers">
          A carrier's number shows up here with its first signed call.
        </Empty>
      )}
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
        {numbers.data?.items.map((number) => (
          <NumberCard key={number.id} number={number} />
        ))}
      </SimpleGrid>
    </Page>
  );
}

function NumberCard({ number }: { number: PhoneNumberWire }) {
  const agent = useAgents().find(({ id }) => id === number.agentId);
  return (
    <Stack component="article" className="rb-card" p="lg" gap="md">
      <Group gap="sm">
        <Title order={2} size="h4" className="rb-numbers">
          {numberWords(number.number)}
        </Title>
        {number.builtIn && (
          <Badge variant="light" color="gray" tt="none">
            Built in
          </Badge>
        )}
      </Group>
      <Facts>
        <Fact name="Carrier">{number.carrier}</Fact>
        <Fact name="Agent">{agent?.name ?? 'The default agent'}</Fact>
        <Fact name="Inbound">
          <OnOff on={number.inboundEnabled} />
        </Fact>
        <Fact name="Outbound">
          <OnOff on={number.outboundEnabled} />
        </Fact>
      </Facts>
    </Stack>
  );
}

function OnOff({ on }: { on: boolean }) {
  return (
    <Badge
      variant="light"
      color={on ? 'green' : 'gray'}
      tt="none"
      leftSection={on ? <IconCheck size={12} aria-hidden /> : <IconX size={12} aria-hidden />}
    >
      {on ? 'On' : 'Off'}
    </Badge>
  );
}
