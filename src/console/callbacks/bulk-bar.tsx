import { Button, Group, Text } from '@mantine/core';
import { IconClockEdit, IconX } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import type { CallbackWire } from '../../api/callbacks.ts';

// Comes along only where somebody selects.
const BulkDialog = lazy(() => import('./bulk-dialog.tsx').then((module) => ({ default: module.BulkDialog })));

/** What can be done with the ticked rows; nothing is shown while none is. */
export function BulkBar({
  selected,
  all,
  onSelect,
}: {
  selected: readonly CallbackWire[];
  /** Every row on this page that could be ticked. */
  all: readonly CallbackWire[];
  onSelect: (rows: readonly CallbackWire[]) => void;
}) {
  const [asked, setAsked] = useState<{ what: 'cancel' | 'move'; rows: readonly CallbackWire[] } | null>(null);
  return (
    <>
      {selected.length > 0 && (
        <Group className="rb-bulk-bar" gap="sm" role="region" aria-label="Selected callbacks">
          <Text size="sm" fw={600} role="status">
            {selected.length} selected
          </Text>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconClockEdit size={15} aria-hidden />}
            onClick={() => setAsked({ what: 'move', rows: selected })}
          >
            Move…
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconX size={15} aria-hidden />}
            onClick={() => setAsked({ what: 'cancel', rows: selected })}
          >
            Cancel…
          </Button>
          {selected.length < all.length && (
            <Button size="compact-xs" variant="subtle" onClick={() => onSelect(all)}>
              Select all {all.length} on this page
            </Button>
          )}
          <Button size="compact-xs" variant="subtle" onClick={() => onSelect([])}>
            Select none
          </Button>
        </Group>
      )}
      {asked !== null && (
        <Suspense>
          <BulkDialog
            what={asked.what}
            rows={asked.rows}
            onClose={() => setAsked(null)}
            onDone={(refused) => onSelect(refused)}
          />
        </Suspense>
      )}
    </>
  );
}
