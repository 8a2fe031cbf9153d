import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import type { CallbackWire } from '../../api/callbacks.ts';
import { ApiError, post } from '../api/http.ts';
import { zoneQuery } from '../api/resources.ts';
import { useChange } from '../shell/use-change.ts';
import { pageClock } from '../time/clock.ts';
import { exactTime, viewerZone } from '../time/format.ts';
import { pickedAt, WhenPicker } from '../time/when-picker.tsx';
import { numberWords } from './person.tsx';
import { RefusedTime, suggestionOf } from './refused-time.tsx';
import { dueTime } from './words.ts';

/** Moves a callback to another time on the callee's clock. */
export function MoveDialog({ callback, onClose }: { callback: CallbackWire; onClose: () => void }) {
  const who = callback.toName ?? numberWords(callback.to);
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Move the callback to ${who}`}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.35 }}
    >
      <MoveForm callback={callback} who={who} onClose={onClose} />
    </Modal>
  );
}

function MoveForm({ callback, who, onClose }: { callback: CallbackWire; who: string; onClose: () => void }) {
  const { timeZone } = callback;
  const [picked, setPicked] = useState(() => pickedAt(Date.parse(dueTime(callback)), timeZone));
  const hours = useQuery(zoneQuery(callback.agentId, callback.to)).data?.callingHours;
  const move = useChange({
    run: (input: { dueMs: number; override: boolean }) =>
      post<CallbackWire>(`/callbacks/${callback.id}/reschedule`, {
        dueAt: new Date(input.dueMs).toISOString(),
        override: input.override ? ['calling_hours'] : [],
      }),
    touches: ['callbacks'],
    done: (moved) => ({
      title: 'Callback moved',
      message: `${who} is called ${exactTime(Date.parse(moved.dueAt), pageClock.nowMs(), viewerZone())}.`,
    }),
    failed: 'Not moved',
    told: true,
    onDone: onClose,
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (picked.atMs !== null) move.mutate({ dueMs: picked.atMs, override: false });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <WhenPicker zone={timeZone} picked={picked} hours={hours} onChange={setPicked} />
        <Text size="sm" c="dimmed">
          Attempts start anew.
        </Text>
        <RefusedTime
          error={move.error}
          zone={timeZone}
          verb="Move"
          onTake={(dueMs) => {
            setPicked(pickedAt(dueMs, timeZone));
            move.mutate({ dueMs, override: false });
          }}
          onOverride={() => picked.atMs !== null && move.mutate({ dueMs: picked.atMs, override: true })}
        />
        <Refusal error={move.error} title="Not moved" />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Go back
          </Button>
          <Button type="submit" loading={move.isPending} disabled={picked.atMs === null}>
            Move it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Why it was refused, where the buttons do not say it. */
export function Refusal({ error, title }: { error: Error | null; title: string }) {
  if (error === null || suggestionOf(error) !== null) return null;
  return (
    <Alert color="red" role="alert" title={title}>
      {error instanceof ApiError ? error.message : 'Something unexpected happened on this page.'}
    </Alert>
  );
}
