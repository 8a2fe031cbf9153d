import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { callbackQueries } from '../api/resources.ts';
import { Failure } from '../shell/failure.tsx';
import { Waiting } from '../shell/page.tsx';
import { CallbackDetail } from './callback-detail.tsx';

/** One callback beside the list that it was opened from. */
export function CallbackDrawer() {
  const { callbackId } = useParams({ from: '/shell/callbacks/$callbackId' });
  const navigate = useNavigate();
  const callback = useQuery(callbackQueries.one(callbackId));
  const close = (): void => {
    // Escape reaches every dialog that is open; it is meant for the uppermost.
    if (document.querySelectorAll('[role="dialog"]').length > 1) return;
    void navigate({ to: '/callbacks', search: true });
  };
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size="md"
      title="Callback"
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.35 }}
    >
      {callback.data !== undefined && <CallbackDetail callback={callback.data} />}
      {callback.data === undefined && callback.isError && (
        <Failure what="This callback" error={callback.error} onRetry={() => void callback.refetch()} />
      )}
      {callback.isPending && <Waiting rows={4} />}
    </Drawer>
  );
}
