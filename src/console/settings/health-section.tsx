import { Badge, Group, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { HealthWire } from '../../api/health.ts';
import { healthQuery } from '../api/resources.ts';
import { Fact, Facts } from '../shell/facts.tsx';
import { Failure } from '../shell/failure.tsx';
import { Waiting } from '../shell/page.tsx';
import { Section } from '../shell/section.tsx';
import { When } from '../time/when.tsx';

/** The processes that share the work, and the database that they share. */
export function HealthSection() {
  const health = useQuery(healthQuery);
  return (
    <Section
      title="Replicas and database"
      hint="Replicas share nothing but the database. Each dials only while its lease is good."
      anchor="replicas"
    >
      {health.data === undefined && health.isError && (
        <Failure what="The state of the system" error={health.error} onRetry={() => void health.refetch()} />
      )}
      {health.isPending && <Waiting rows={2} />}
      {health.data !== undefined && <Health health={health.data} />}
    </Section>
  );
}

function Health({ health }: { health: HealthWire }) {
  const { database, eventLoop } = health;
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it */}
      <div className="rb-table-frame rb-stacked" tabIndex={0} role="region" aria-label="Replicas">
        <Table verticalSpacing="xs" horizontalSpacing="sm">
          <caption className="rb-visually-hidden">Replicas</caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Replica</Table.Th>
              <Table.Th scope="col">State</Table.Th>
              <Table.Th scope="col">Live calls</Table.Th>
              <Table.Th scope="col">Version</Table.Th>
              <Table.Th scope="col">Started</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {health.replicas.map((replica) => (
              <Table.Tr key={replica.id}>
                <Table.Td className="rb-nowrap">
                  <Text size="sm" ff="monospace" title={replica.id}>
                    {replica.id.slice(-8)}
                  </Text>
                  {replica.id === health.replicaId && (
                    <Text size="xs" c="dimmed">
                      answers this page
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <Lease replica={replica} />
                </Table.Td>
                <Table.Td>{replica.liveCalls}</Table.Td>
                <Table.Td>{replica.version}</Table.Td>
                <Table.Td className="rb-nowrap">
                  <When at={replica.startedAt} emphasis={false} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {health.replicas.length === 0 && (
        <Text size="sm" c="dimmed">
          No replica has entered yet: nothing is dialled.
        </Text>
      )}
      <Facts>
        <Fact name="Database">
          Postgres {database.version}
          {database.embedded ? ', inside this process' : ''}; answers in {database.answerMs.toFixed(1)} ms;{' '}
          {(database.sizeBytes / 1_048_576).toFixed(0)} MB; {database.migrations} migrations
        </Fact>
        {database.cannotRecognise.length > 0 && (
          <Fact name="Can't be told">
            {database.cannotRecognise.map((what) => unrecognised[what]).join(' and ')}: the database's role may not
            look. Start with OUTBOUND_HOLD around a restore or a failover.
          </Fact>
        )}
        <Fact name="Event loop">
          {eventLoop === null
            ? 'Not measured yet'
            : `${Math.round(eventLoop.utilization * 100)} % busy, timers ${eventLoop.delayP99Ms.toFixed(1)} ms late (p99)${
                eventLoop.overloaded ? '; overloaded: new calls are refused' : ''
              }`}
        </Fact>
      </Facts>
    </>
  );
}

const unrecognised = {
  copy_in_another_cluster: 'Whether this database was copied from another server',
  failover: 'Whether another server took over',
} as const satisfies Record<HealthWire['database']['cannotRecognise'][number], string>;

function Lease({ replica }: { replica: HealthWire['replicas'][number] }) {
  const lost = replica.leaseSeconds <= 0;
  const [words, colour] = lost
    ? (['Lease lost', 'red'] as const)
    : replica.draining
      ? (['Draining', 'orange'] as const)
      : (['Works', 'green'] as const);
  return (
    <Group gap={6} wrap="nowrap">
      <Badge variant="light" color={colour} tt="none">
        {words}
      </Badge>
      <Text size="xs" c="dimmed" className="rb-nowrap">
        {lost ? 'is taken over' : `lease good for ${Math.round(replica.leaseSeconds)} s`}
      </Text>
    </Group>
  );
}
