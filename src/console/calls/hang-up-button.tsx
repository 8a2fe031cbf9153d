import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPhoneOff } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { CallWire } from '../../api/calls.ts';
import { post } from '../api/http.ts';
import { callQueries } from '../api/resources.ts';

/** Ends a call that is queued, ringing or live. */
export function HangUpButton({ callId }: { callId: string }) {
  const queries = useQueryClient();
  const hangUp = useMutation({
    mutationFn: () => post<CallWire>(`/calls/${callId}/hangup`),
    onError: (error) =>
      notifications.show({ title: 'Not hung up', message: error.message, color: 'red', autoClose: 10_000 }),
    onSettled: () => queries.invalidateQueries({ queryKey: callQueries.all }),
  });
  return (
    <Button
      color="red"
      size="sm"
      variant="light"
      leftSection={<IconPhoneOff size={16} aria-hidden />}
      loading={hangUp.isPending}
      onClick={() => hangUp.mutate()}
    >
      End this call
    </Button>
  );
}
