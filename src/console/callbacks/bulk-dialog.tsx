import { Alert, Button, Group, Modal, NativeSelect, NumberInput, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useState } from 'react';
import type { BulkResult, CallbackWire } from '../../api/callbacks.ts';
import { post, sentence } from '../api/http.ts';
import { useChange } from '../shell/use-change.ts';
import { numberWords } from './person.tsx';

const units = { minutes: 1, hours: 60, days: 1_440 } as const;

/** Asks once for all ticked rows, and then says of each what became of it. */
export function BulkDialog({
  what,
  rows,
  onClose,
  onDone,
}: {
  what: 'cancel' | 'move';
  rows: readonly CallbackWire[];
  onClose: () => void;
  /** Gets the rows that were refused, so that they stay ticked. */
  onDone: (refused: readonly CallbackWire[]) => void;
}) {
  const [amount, setAmount] = useState(1);
  const [unit, setUnit] = useState<keyof typeof units>('hours');
  const ids = rows.map(({ id }) => id);
  const byMinutes = amount * units[unit];
  const change = useChange({
    run: () =>
      what === 'cancel'
        ? post<BulkResult>('/callbacks/bulk-cancel', { ids })
        : post<BulkResult>('/callbacks/bulk-reschedule', { ids, byMinutes }),
    touches: ['callbacks'],
    failed: what === 'cancel' ? 'Not cancelled' : 'Not moved',
    onDone: ({ results }) => {
      const refused = new Set(results.filter(({ problem }) => problem !== null).map(({ id }) => id));
      onDone(rows.filter(({ id }) => refused.has(id)));
    },
  });
  const count = rows.length === 1 ? '1 callback' : `${rows.length} callbacks`;
  return (
    <Modal
      opened
      onClose={onClose}
      title={what === 'cancel' ? `Cancel ${count}?` : `Move ${count}`}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.35 }}
    >
      {change.data !== undefined ? (
        <Results what={what} rows={rows} result={change.data} onClose={onClose} />
      ) : (
        <Stack gap="md">
          {what === 'cancel' ? (
            <Text size="sm">
              None of them will be dialled. Those that are being dialled at this moment are refused.
            </Text>
          ) : (
            <>
              <Text size="sm">Each moves from its own time. Attempts start anew.</Text>
              <Group gap="sm" align="flex-end" wrap="nowrap">
                <NumberInput
                  label="By"
                  description="Negative is earlier"
                  value={amount}
                  onChange={(value) => setAmount(Number(value))}
                  min={-500}
                  max={500}
                  data-autofocus
                />
                <NativeSelect
                  aria-label="Unit"
                  value={unit}
                  data={Object.keys(units)}
                  onChange={(event) => setUnit(event.currentTarget.value as keyof typeof units)}
                />
              </Group>
            </>
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onClose}>
              Go back
            </Button>
            <Button
              {...(what === 'cancel' ? { color: 'red.9' } : {})}
              loading={change.isPending}
              disabled={what === 'move' && (byMinutes === 0 || Number.isNaN(byMinutes))}
              onClick={() => change.mutate(undefined)}
            >
              {what === 'cancel' ? `Cancel ${count}` : `Move ${count}`}
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

function Results({
  what,
  rows,
  result,
  onClose,
}: {
  what: 'cancel' | 'move';
  rows: readonly CallbackWire[];
  result: BulkResult;
  onClose: () => void;
}) {
  const done = what === 'cancel' ? 'cancelled' : 'moved';
  const refused = result.results.filter(({ problem }) => problem !== null);
  const nameOf = (id: string): string => {
    const row = rows.find((each) => each.id === id);
    return row === undefined ? 'A callback' : (row.toName ?? numberWords(row.to));
  };
  return (
    <Stack gap="md">
      {result.done > 0 && (
        <Alert color="green" icon={<IconCheck />} role="status">
          {result.done} {done}.
        </Alert>
      )}
      {refused.length > 0 && (
        <Alert color="orange" icon={<IconAlertTriangle />} role="alert" title={`${refused.length} not ${done}`}>
          <ul className="rb-lines" aria-label="Refused">
            {refused.map(({ id, problem }) => (
              <li key={id} className="rb-free-text">
                <Text span size="sm" fw={600}>
                  {nameOf(id)}
                </Text>
                : {sentence(problem?.detail ?? 'It was refused')}
              </li>
            ))}
          </ul>
        </Alert>
      )}
      <Group justify="flex-end">
        <Button onClick={onClose} data-autofocus>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
