import { Badge, Button, Group, NativeSelect, Stack, Switch, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlugConnected, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { PhoneNumberWire } from '../../api/phone-numbers.ts';
import { useAgents } from '../agents/use-agents.ts';
import { patch, remove } from '../api/http.ts';
import { systemQuery } from '../api/resources.ts';
import { numberAnchor } from '../callbacks/cure.tsx';
import { numberWords } from '../callbacks/person.tsx';
import { Confirm } from '../shell/confirm.tsx';
import { useChange } from '../shell/use-change.ts';
import { WiringDialog } from './wiring.tsx';

const touches = ['numbers', 'callbacks'];

export function NumberCard({ number }: { number: PhoneNumberWire }) {
  const words = numberWords(number.number);
  const vendors = useQuery(systemQuery).data?.vendors ?? [];
  const carrier = vendors.find(({ kind, name }) => kind === 'carrier' && name === number.carrier);
  const { outbound, isTarget } = useTarget(number.number);
  const change = useChange({
    run: (input: Partial<PhoneNumberWire>) => patch<PhoneNumberWire>(`/phone-numbers/${number.id}`, input),
    touches,
    failed: 'Not changed',
  });
  // What was asked for is shown until the answer is there.
  const shown = { ...number, ...(change.isPending ? change.variables : undefined) };
  return (
    <Stack
      component="article"
      id={numberAnchor(number.number)}
      aria-label={words}
      className={isTarget ? 'rb-card rb-section rb-target' : 'rb-card rb-section'}
      p="lg"
      gap="md"
    >
      <Group gap="sm">
        <Title order={2} size="h4" className="rb-numbers">
          {words}
        </Title>
        {number.builtIn && (
          <Badge variant="light" color="gray" tt="none">
            Built in
          </Badge>
        )}
      </Group>
      <Text size="sm" c="dimmed">
        {number.builtIn ? 'Calls from and to this console' : (carrier?.title ?? number.carrier)}
        {carrier?.inUse === false && ', which is not set up here'}
      </Text>
      <AgentChoice number={shown} onChange={(agentId) => change.mutate({ agentId })} />
      <Switch
        label="Inbound"
        description="Calls to this number are answered."
        aria-label={`Inbound on ${words}`}
        checked={shown.inboundEnabled}
        onChange={(event) => change.mutate({ inboundEnabled: event.currentTarget.checked })}
      />
      <Switch
        ref={outbound}
        label="Outbound"
        description="Callbacks are dialled from this number."
        aria-label={`Outbound from ${words}`}
        checked={shown.outboundEnabled}
        onChange={(event) => change.mutate({ outboundEnabled: event.currentTarget.checked })}
      />
      <Group mt="auto" gap="sm">
        <Wiring number={number} />
        {!number.builtIn && <DeleteNumber number={number} />}
      </Group>
    </Stack>
  );
}

function AgentChoice({ number, onChange }: { number: PhoneNumberWire; onChange: (agentId: string | null) => void }) {
  const agents = useAgents();
  const fallback = agents.find(({ isDefault }) => isDefault);
  return (
    <NativeSelect
      label="Agent"
      aria-label={`Agent of ${numberWords(number.number)}`}
      value={number.agentId ?? ''}
      data={[
        { value: '', label: fallback === undefined ? 'The default agent' : `The default agent (${fallback.name})` },
        ...agents.map(({ id, name }) => ({ value: id, label: name })),
      ]}
      onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
    />
  );
}

function Wiring({ number }: { number: PhoneNumberWire }) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconPlugConnected size={15} aria-hidden />}
        aria-label={`Check wiring of ${numberWords(number.number)}`}
        onClick={open}
      >
        Check wiring
      </Button>
      {opened && <WiringDialog number={number} onClose={close} />}
    </>
  );
}

function DeleteNumber({ number }: { number: PhoneNumberWire }) {
  const words = numberWords(number.number);
  const [asking, { open, close }] = useDisclosure(false);
  const del = useChange({
    run: () => remove(`/phone-numbers/${number.id}`),
    touches,
    done: () => ({ title: 'Number deleted', message: `${words} is not one of ours any more.` }),
    failed: 'Not deleted',
  });
  return (
    <>
      <Button
        variant="subtle"
        color="red"
        size="compact-sm"
        leftSection={<IconTrash size={15} aria-hidden />}
        aria-label={`Delete ${words}`}
        onClick={open}
      >
        Delete
      </Button>
      <Confirm
        opened={asking}
        title={`Delete ${words}?`}
        confirm="Delete"
        pending={del.isPending}
        onConfirm={() => del.mutate(undefined, { onSettled: close })}
        onClose={close}
      >
        Ringback forgets it; the carrier keeps it. A signed call to it would add it again.
      </Confirm>
    </>
  );
}

/** Whether the address leads to this number; its outbound switch has the focus then, because that is what is sought. */
function useTarget(number: string) {
  const { hash } = useLocation();
  const outbound = useRef<HTMLInputElement>(null);
  const isTarget = hash === numberAnchor(number);
  useEffect(() => {
    if (!isTarget) return;
    outbound.current?.focus({ preventScroll: true });
    outbound.current?.scrollIntoView({ block: 'center' });
  }, [isTarget]);
  return { outbound, isTarget };
}
