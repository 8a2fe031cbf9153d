import { Alert, Text } from '@mantine/core';
import { IconAlertOctagon, IconAlertTriangle, IconBan } from '@tabler/icons-react';
import type { CallbackWire } from '../../api/callbacks.ts';
import { exactTime, viewerZone } from '../time/format.ts';
import { useNow } from '../time/use-now.ts';
import { Cure } from './cure.tsx';
import { statusDetail } from './words.ts';

/** Why it waits, failed or was cancelled, what happens next by itself, and what would help. */
export function WhyCard({ callback }: { callback: CallbackWire }) {
  const nowMs = useNow(30_000);
  const detail = statusDetail(callback);
  const isOver = callback.nextAttemptAt === null && callback.status !== 'dialing';
  return (
    <>
      {callback.warning !== null && !isOver && (
        <Alert color="orange" icon={<IconAlertTriangle />} title="Needs attention">
          <Text size="sm" className="rb-free-text">
            {callback.warning} <Cure callback={callback} />
          </Text>
          {callback.nextAttemptAt !== null && (
            <Text size="sm" mt={4}>
              It is looked at again {exactTime(Date.parse(callback.nextAttemptAt), nowMs, viewerZone())}; once the cause
              is gone it is dialled.
            </Text>
          )}
        </Alert>
      )}
      {detail !== null && (
        <Alert
          color={callback.status === 'failed' ? 'red' : 'gray'}
          icon={callback.status === 'failed' ? <IconAlertOctagon /> : <IconBan />}
          title={callback.status === 'failed' ? 'Why it failed' : 'Why it was cancelled'}
        >
          <Text size="sm" className="rb-free-text">
            {detail} <Cure callback={callback} />
          </Text>
          {callback.status === 'failed' && (
            <Text size="sm" mt={4}>
              Nothing more is dialled for it. Once the cause is gone, book it again.
            </Text>
          )}
        </Alert>
      )}
    </>
  );
}
