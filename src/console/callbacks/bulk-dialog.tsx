import { Alert, Button, Group, Modal, NativeSelect, NumberInput, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useState } from 'react';
import type { BulkResult } from '../../api/callback-bulk.ts';
import { ApiError, post, sentence } from '../api/http.ts';
import { useChange } from '../shell/use-change.ts';
import { PageLink } from '../shell/page-link.tsx';
import type { BulkTarget } from './bulk-target.ts';
import { numberWords } from './person.tsx';

/** A thousand rows are changed one by one. */
const ANSWER_WITHIN_MS = 60_000;
const units = { minutes: 1, hours: 60, days: 1_440 } as const;

/** Asks once for all ticked rows, and then says of each what became of it. */
export function BulkDialog({
  what,
  target,
  onClose,
  onDone,
}: {
  what: 'cancel' | 'move';
  target: BulkTarget;
  onClose: () => void;
  /** Gets the ids of those that were refused, so that they stay ticked. */
  onDone: (refused: readonly string[]) => void;
}) {
  const [amount, setAmount] = useState(1);
  const [unit, setUnit] = useState<keyof typeof units>('hours');
  // How many are meant: what the gateway counted last, where the filter matches others by now.
  const [meant, setMeant] = useState(target.count);
  const choice = 'ids' in target.choice ? target.choice : { ...target.choice, expected: meant };
  const byMinutes = amount * units[unit];
  const change = useChange({
    run: async () => {
      try {
        return what === 'cancel'
          ? await post<BulkResult>('/callbacks/bulk-cancel', choice, ANSWER_WITHIN_MS)
          : await post<BulkResult>('/callbacks/bulk-reschedule', { ...choice, byMinutes }, ANSWER_WITHIN_MS);
      } catch (error) {
        setMeant((known) => countNow(error) ?? known);
        throw error;
      }
    },
    touches: ['callbacks'],
    failed: what === 'cancel' ? 'Not cancelled' : 'Not moved',
    onDone: ({ results }) => onDone(results.filter(({ problem }) => problem !== null).map(({ id }) => id)),
  });
  const count = meant === 1 ? '1 callback' : `${meant} callbacks`;
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
        <Results what={what} rows={target.rows} result={change.data} onClose={onClose} />
      ) : (
        <Stack gap="md">
          {meant !== target.count && (
            <Alert color="orange" icon={<IconAlertTriangle />} role="alert">
              {meant} match by now, not {target.count}. Nothing was changed yet.
            </Alert>
          )}
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
  rows: BulkTarget['rows'];
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
                <PageLink
                  to="/callbacks/$callbackId"
                  params={{ callbackId: id }}
                  search={{}}
                  size="sm"
                  underline="always"
                >
                  {nameOf(id)}
                </PageLink>
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

/** How many match by now, where that is why nothing was changed; null for every other answer. */
function countNow(error: unknown): number | null {
  if (!(error instanceof ApiError) || error.code !== 'selection_changed') return null;
  const { count } = error.details;
  return typeof count === 'number' && count > 0 ? count : null;
}
