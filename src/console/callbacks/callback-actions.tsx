import { Button, Group } from '@mantine/core';
import { IconClockEdit, IconPhoneOutgoing, IconRepeat } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import type { CallbackWire } from '../../api/callbacks.ts';
import { CancelButton } from './cancel-button.tsx';
import { isCancellable, isOpen } from './words.ts';

// Forms come along only where somebody opens one.
const dialogs = {
  move: lazy(() => import('./move-dialog.tsx').then((module) => ({ default: module.MoveDialog }))),
  callNow: lazy(() => import('./call-now-dialog.tsx').then((module) => ({ default: module.CallNowDialog }))),
  bookAgain: lazy(() => import('./book-again.tsx').then((module) => ({ default: module.BookAgain }))),
} as const;

/** What an operator can do with a callback as it stands. */
export function CallbackActions({ callback }: { callback: CallbackWire }) {
  const [opened, setOpened] = useState<keyof typeof dialogs | null>(null);
  const Dialog = opened === null ? null : dialogs[opened];
  return (
    <>
      <Group gap="sm">
        {isCancellable(callback) && (
          <>
            <Button
              size="sm"
              variant="default"
              leftSection={<IconClockEdit size={16} aria-hidden />}
              onClick={() => setOpened('move')}
            >
              Move
            </Button>
            <Button
              size="sm"
              variant="default"
              leftSection={<IconPhoneOutgoing size={16} aria-hidden />}
              onClick={() => setOpened('callNow')}
            >
              Call now
            </Button>
          </>
        )}
        <CancelButton callback={callback} size="sm" />
        {!isOpen(callback) && (
          <Button
            size="sm"
            variant="default"
            leftSection={<IconRepeat size={16} aria-hidden />}
            onClick={() => setOpened('bookAgain')}
          >
            Book again
          </Button>
        )}
      </Group>
      {Dialog !== null && (
        <Suspense>
          <Dialog callback={callback} onClose={() => setOpened(null)} />
        </Suspense>
      )}
    </>
  );
}
