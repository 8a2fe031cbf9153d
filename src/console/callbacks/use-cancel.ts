import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { CallbackWire } from '../../api/callbacks.ts';
import { post } from '../api/http.ts';
import { callbackQueries } from '../api/resources.ts';

/** Cancels at once, without asking back; a refusal is shown with the gateway's reason. */
export function useCancel() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (callback: CallbackWire) => post<CallbackWire>(`/callbacks/${callback.id}/cancel`),
    onSuccess: () =>
      notifications.show({ title: 'Callback cancelled', message: 'It will not be dialled.', color: 'green' }),
    onError: (error) =>
      notifications.show({ title: 'Not cancelled', message: error.message, color: 'red', autoClose: 10_000 }),
    onSettled: () => queries.invalidateQueries({ queryKey: callbackQueries.all }),
  });
}
