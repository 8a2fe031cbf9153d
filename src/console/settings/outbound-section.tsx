import { Alert, Badge, Button, Group, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconHandStop, IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import type { OutboundWire } from '../../api/outbound.ts';
import { post } from '../api/http.ts';
import { outboundQuery, systemQuery } from '../api/resources.ts';
import { Failure } from '../shell/failure.tsx';
import { Waiting } from '../shell/page.tsx';
import { Section } from '../shell/section.tsx';
import { useChange } from '../shell/use-change.ts';
import { WhenLine } from '../time/when.tsx';

const touches = ['outbound', 'system', 'callbacks'];

/** Whether anything is dialled at all, and the carriers that are paused. */
export function OutboundSection() {
  const outbound = useQuery(outboundQuery);
  return (
    <Section title="Outbound calls" hint="Whether callbacks are dialled at all." anchor="outbound">
      {outbound.data === undefined && outbound.isError && (
        <Failure what="The state of outbound" error={outbound.error} onRetry={() => void outbound.refetch()} />
      )}
      {outbound.isPending && <Waiting rows={2} />}
      {outbound.data !== undefined && (outbound.data.held ? <Held reason={outbound.data.heldReason} /> : <Hold />)}
      {outbound.data !== undefined && outbound.data.carriers.length > 0 && (
        <ul className="rb-lines" aria-label="Carriers">
          {outbound.data.carriers.map((carrier) => (
            <Carrier key={carrier.name} carrier={carrier} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Held({ reason }: { reason: string | null }) {
  const release = useChange({
    run: () => post<OutboundWire>('/outbound/release'),
    touches,
    done: () => ({ title: 'Outbound released', message: 'Callbacks are dialled again.' }),
    failed: 'Not released',
  });
  return (
    <Alert color="orange" icon={<IconAlertTriangle />} title="Nothing is dialled">
      <Text size="sm" className="rb-free-text">
        {reason ?? 'No reason was given.'} Callbacks wait until it is released, or until they expire.
      </Text>
      <Button
        mt="sm"
        size="sm"
        leftSection={<IconPlayerPlay size={16} aria-hidden />}
        loading={release.isPending}
        onClick={() => release.mutate(undefined)}
      >
        Release outbound
      </Button>
    </Alert>
  );
}

function Hold() {
  const [reason, setReason] = useState('');
  const hold = useChange({
    run: (why: string) => post<OutboundWire>('/outbound/hold', { reason: why }),
    touches,
    done: () => ({ title: 'Outbound held', message: 'Nothing is dialled until it is released.' }),
    failed: 'Not held',
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (reason.trim() !== '') hold.mutate(reason.trim());
  };
  return (
    <form onSubmit={submit}>
      <Text size="sm" mb="sm">
        Callbacks are dialled at their time. In an emergency, hold them all: what is due waits.
      </Text>
      <Group align="flex-end" gap="sm">
        <TextInput
          label="Reason to hold"
          description="Shown to every operator and on each callback that waits"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={300}
          className="rb-grow"
        />
        <Button
          type="submit"
          variant="light"
          color="red"
          leftSection={<IconHandStop size={16} aria-hidden />}
          disabled={reason.trim() === ''}
          loading={hold.isPending}
        >
          Hold outbound
        </Button>
      </Group>
    </form>
  );
}

function Carrier({ carrier }: { carrier: OutboundWire['carriers'][number] }) {
  const vendors = useQuery(systemQuery).data?.vendors ?? [];
  const title = vendors.find(({ kind, name }) => kind === 'carrier' && name === carrier.name)?.title ?? carrier.name;
  const resume = useChange({
    run: () => post<OutboundWire>(`/carriers/${encodeURIComponent(carrier.name)}/resume`),
    touches,
    done: () => ({ title: 'Carrier resumed', message: `${title} is used again.` }),
    failed: 'Not resumed',
  });
  return (
    <li className="rb-switch-row">
      <div>
        <Group gap="sm">
          <Text size="sm" fw={600}>
            {title}
          </Text>
          <Badge variant="light" color={carrier.paused ? 'orange' : 'green'} tt="none">
            {carrier.paused ? 'Paused' : 'Ready'}
          </Badge>
        </Group>
        {carrier.paused && (
          <Text size="sm" c="dimmed" className="rb-free-text" component="div">
            {carrier.reason ?? 'Its account refuses calls.'}
            {carrier.since !== null && (
              <>
                {' '}
                Since <WhenLine at={carrier.since} />.
              </>
            )}{' '}
            Each minute it is looked whether the account is well again.
          </Text>
        )}
      </div>
      {carrier.paused && (
        <Button
          size="sm"
          variant="light"
          loading={resume.isPending}
          onClick={() => resume.mutate(undefined)}
          aria-label={`Resume ${title}`}
        >
          Resume
        </Button>
      )}
    </li>
  );
}
