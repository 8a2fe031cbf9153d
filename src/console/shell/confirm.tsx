import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

/** Asks before what can't be undone; `children` say what would happen. */
export function Confirm({
  opened,
  title,
  confirm,
  pending = false,
  onConfirm,
  onClose,
  children,
}: {
  opened: boolean;
  title: string;
  /** What the button does, for example "Delete". */
  confirm: string;
  pending?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.35 }}
    >
      <Stack gap="lg">
        <div className="rb-free-text">{children}</div>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Go back
          </Button>
          <Button color="red.9" loading={pending} onClick={onConfirm}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
