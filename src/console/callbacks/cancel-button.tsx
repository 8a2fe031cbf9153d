import { Button } from '@mantine/core';
import type { CallbackWire } from '../../api/callbacks.ts';
import { numberWords } from './person.tsx';
import { useCancel } from './use-cancel.tsx';
import { isCancellable } from './words.ts';

/** Shown only where a cancel can succeed; the race against the timer is the gateway's to decide. */
export function CancelButton({ callback, size = 'xs' }: { callback: CallbackWire; size?: 'xs' | 'sm' }) {
  const cancel = useCancel();
  if (!isCancellable(callback)) return null;
  return (
    <Button
      size={size}
      variant="default"
      loading={cancel.isPending}
      aria-label={`Cancel the callback to ${callback.toName ?? numberWords(callback.to)}`}
      onClick={(event) => {
        event.stopPropagation();
        // The button goes away with the cancel; the keyboard stays in the row.
        event.currentTarget.closest('tr, li')?.querySelector('a')?.focus();
        cancel.mutate(callback);
      }}
    >
      Cancel
    </Button>
  );
}
