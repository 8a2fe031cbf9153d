import { Button, Group, Text } from '@mantine/core';
import { IconClockEdit, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import type { CallbackWire } from '../../api/callbacks.ts';
import { callbackQueries } from '../api/resources.ts';
import type { BulkTarget } from './bulk-target.ts';
import { bodyOf, queryOf, type CallbackFilters } from './filters.ts';

// Comes along only where somebody selects.
const BulkDialog = lazy(() => import('./bulk-dialog.tsx').then((module) => ({ default: module.BulkDialog })));

/** What can be done with the ticked rows; nothing is shown while none is. */
export function BulkBar({
  selected,
  all,
  filters,
  isAll,
  everything,
  onEverything,
  onSelect,
}: {
  selected: readonly CallbackWire[];
  /** Every row on this page that could be ticked. */
  all: readonly CallbackWire[];
  filters: CallbackFilters;
  /** There are no other pages. */
  isAll: boolean;
  /** All that match the filters are meant, on whichever page. */
  everything: boolean;
  onEverything: () => void;
  onSelect: (ids: readonly string[]) => void;
}) {
  const [asked, setAsked] = useState<{ what: 'cancel' | 'move'; target: BulkTarget } | null>(null);
  const wholePage = selected.length > 0 && selected.length === all.length;
  const counted = useQuery({ ...callbackQueries.changeable(queryOf(filters)), enabled: wholePage && !isAll });
  const matching = everything ? counted.data?.count : undefined;
  const target: BulkTarget =
    matching === undefined
      ? { rows: selected, count: selected.length, choice: { ids: selected.map(({ id }) => id) } }
      : { rows: selected, count: matching, choice: { filter: bodyOf(filters), expected: matching } };
  return (
    <>
      {selected.length > 0 && (
        <Group className="rb-bulk-bar" gap="sm" role="region" aria-label="Selected callbacks">
          <Text size="sm" fw={600} role="status">
            {matching === undefined ? `${selected.length} selected` : `All ${matching} that match selected`}
          </Text>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconClockEdit size={15} aria-hidden />}
            onClick={() => setAsked({ what: 'move', target })}
          >
            Move…
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconX size={15} aria-hidden />}
            onClick={() => setAsked({ what: 'cancel', target })}
          >
            Cancel…
          </Button>
          {!wholePage && (
            <Button size="compact-xs" variant="subtle" onClick={() => onSelect(all.map(({ id }) => id))}>
              Select all {all.length} on this page
            </Button>
          )}
          {wholePage && !isAll && !everything && counted.data !== undefined && (
            <WholeList {...counted.data} here={selected.length} onSelect={onEverything} />
          )}
          <Button size="compact-xs" variant="subtle" onClick={() => onSelect([])}>
            Select none
          </Button>
        </Group>
      )}
      {asked !== null && (
        <Suspense>
          <BulkDialog what={asked.what} target={asked.target} onClose={() => setAsked(null)} onDone={onSelect} />
        </Suspense>
      )}
    </>
  );
}

function WholeList({
  count,
  most,
  here,
  onSelect,
}: {
  count: number;
  most: number;
  here: number;
  onSelect: () => void;
}) {
  if (count <= here) return null;
  if (count > most)
    return (
      <Text size="xs" c="dimmed">
        More than {most.toLocaleString('en')} match: narrow the filter to select them all.
      </Text>
    );
  return (
    <Button size="compact-xs" variant="subtle" onClick={onSelect}>
      Select all {count} that match
    </Button>
  );
}
