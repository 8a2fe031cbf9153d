import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import type { PhoneNumberWire } from '../../api/phone-numbers.ts';
import { useAgents } from '../agents/use-agents.ts';
import { ApiError, post, sentence } from '../api/http.ts';
import { systemQuery } from '../api/resources.ts';
import { useChange } from '../shell/use-change.ts';

export function AddNumber({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Add a number"
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.35 }}
    >
      <AddNumberForm onClose={onClose} />
    </Modal>
  );
}

function AddNumberForm({ onClose }: { onClose: () => void }) {
  const agents = useAgents();
  const vendors = useQuery(systemQuery).data?.vendors ?? [];
  const carriers = vendors.filter(({ kind, inUse, name }) => kind === 'carrier' && inUse && name !== 'browser');
  const [number, setNumber] = useState('');
  const [carrier, setCarrier] = useState<string | null>(null);
  const [agentId, setAgentId] = useState('');
  const add = useChange({
    run: (input: object) => post<PhoneNumberWire>('/phone-numbers', input),
    touches: ['numbers', 'callbacks'],
    done: (made) => ({ title: 'Number added', message: `${made.number} is answered now. Outbound is off.` }),
    failed: 'Not added',
    marksFields: true,
    onDone: onClose,
  });
  const faults = add.error instanceof ApiError ? add.error.fields : [];
  const fault = (path: string): string | undefined => {
    const found = faults.find((field) => field.path === path);
    return found === undefined ? undefined : sentence(found.message);
  };
  const chosen = carrier ?? carriers[0]?.name;
  if (chosen === undefined)
    return (
      <Text size="sm">
        No telephone carrier is set up here. Set its variables in the environment, for example TWILIO_ACCOUNT_SID and
        TWILIO_AUTH_TOKEN, and start again; its numbers then show up with their first call, or are added here.
      </Text>
    );
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    add.mutate({ number, carrier: chosen, agentId: agentId === '' ? null : agentId });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Number"
          description="With its country, such as +1 312 555 0100"
          type="tel"
          value={number}
          onChange={(event) => setNumber(event.currentTarget.value)}
          error={fault('number')}
          data-autofocus
          required
        />
        <NativeSelect
          label="Carrier"
          value={chosen}
          data={carriers.map(({ name, title }) => ({ value: name, label: title }))}
          onChange={(event) => setCarrier(event.currentTarget.value)}
          error={fault('carrier')}
        />
        <NativeSelect
          label="Agent"
          value={agentId}
          data={[
            { value: '', label: 'The default agent' },
            ...agents.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={(event) => setAgentId(event.currentTarget.value)}
          error={fault('agentId')}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Go back
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
