import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { CallbackWire } from '../../api/callbacks.ts';
import { post } from '../api/http.ts';
import { callbackQueries, type Page } from '../api/resources.ts';
import { dueTime } from './words.ts';

const UNDO_MS = 10_000;

/** The last cancel of this page, while it can still be undone. */
let last: { id: string; run: () => void } | null = null;

/** Undoes the last cancel, as the button in its notice does; nothing where there is none. */
export function undoLast(): void {
  last?.run();
}

/** Cancels at once, without asking back; a refusal is shown with the gateway's reason, and a mistake can be undone. */
export function useCancel() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (callback: CallbackWire) => post<CallbackWire>(`/callbacks/${callback.id}/cancel`),
    onSuccess: (cancelled, callback) => {
      // Where rows are held in their place, it stays as what it is now.
      queries.setQueriesData<Page<CallbackWire>>({ queryKey: ['callbacks', 'list'] }, (known) =>
        known === undefined
          ? known
          : { ...known, items: known.items.map((row) => (row.id === cancelled.id ? cancelled : row)) },
      );
      const id = `cancelled ${callback.id}`;
      const run = (): void => {
        notifications.hide(id);
        void undo(callback, queries);
      };
      last = { id, run };
      notifications.show({
        id,
        title: 'Callback cancelled',
        color: 'green',
        autoClose: UNDO_MS,
        onClose: () => {
          if (last?.id === id) last = null;
        },
        message: (
          <Group justify="space-between" gap="sm">
            <span>It will not be dialled. Ctrl+Z takes it back.</span>
            <Button size="compact-sm" variant="default" onClick={run} aria-keyshortcuts="Control+Z Meta+Z">
              Undo
            </Button>
          </Group>
        ),
      });
    },
    onError: (error) =>
      notifications.show({ title: 'Not cancelled', message: error.message, color: 'red', autoClose: 10_000 }),
    onSettled: () => queries.invalidateQueries({ queryKey: callbackQueries.all }),
  });
}

/** Cancelled is final, so a copy is booked: the same person, time and reason, at an hour that was allowed before. */
async function undo(callback: CallbackWire, queries: QueryClient): Promise<void> {
  const { agentId, to, toName, timeZone, reason, originCallId } = callback;
  const copy = { agentId, to, toName, timeZone, reason, dueAt: dueTime(callback) };
  try {
    await post('/callbacks', {
      ...copy,
      ...(originCallId === null ? {} : { originCallId }),
      override: ['calling_hours'],
    });
    notifications.show({ title: 'Booked again', message: 'At the same time, for the same reason.', color: 'green' });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'Something unexpected happened on this page.';
    notifications.show({ title: 'Not booked again', message, color: 'red', autoClose: 15_000 });
  }
  await queries.invalidateQueries({ queryKey: callbackQueries.all });
}
