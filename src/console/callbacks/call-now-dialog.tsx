import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { CallbackWire } from '../../api/callbacks.ts';
import { post } from '../api/http.ts';
import { useChange } from '../shell/use-change.ts';
import { exactTime, zoneCity } from '../time/format.ts';
import { useNow } from '../time/use-now.ts';
import { Refusal } from './move-dialog.tsx';
import { numberWords } from './person.tsx';
import { RefusedTime } from './refused-time.tsx';

/** Says whom it rings, and at what hour there, before it does. */
export function CallNowDialog({ callback, onClose }: { callback: CallbackWire; onClose: () => void }) {
  const nowMs = useNow(5_000);
  const who = callback.toName ?? numberWords(callback.to);
  const dial = useChange({
    run: (override: boolean) =>
      post<CallbackWire>(`/callbacks/${callback.id}/dial-now`, { override: override ? ['calling_hours'] : [] }),
    touches: ['callbacks'],
    done: () => ({ title: 'It is dialled now', message: `${who} is next.` }),
    failed: 'Not dialled',
    told: true,
    onDone: onClose,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Call ${who} now?`}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.35 }}
    >
      <Stack gap="md">
        <Text size="sm">
          It rings at {numberWords(callback.to)}, where it is {exactTime(nowMs, nowMs, callback.timeZone)} (
          {zoneCity(callback.timeZone)}), from{' '}
          {callback.from === null ? 'a number that is chosen then' : numberWords(callback.from)}.
        </Text>
        <RefusedTime
          error={dial.error}
          zone={callback.timeZone}
          verb="Call"
          onTake={null}
          onOverride={() => dial.mutate(true)}
        />
        <Refusal error={dial.error} title="Not dialled" />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Go back
          </Button>
          <Button loading={dial.isPending} onClick={() => dial.mutate(false)} data-autofocus>
            Call now
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
