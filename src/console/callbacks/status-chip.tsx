import { Badge } from '@mantine/core';
import { IconAlertOctagon, IconBan, IconCheck, IconClock, IconPhoneOff, IconPhoneOutgoing } from '@tabler/icons-react';
import type { CallbackWire } from '../../api/callbacks.ts';
import { phaseWords, statusWords } from './words.ts';

const looks = {
  scheduled: { color: 'blue', Icon: IconClock },
  dialing: { color: 'yellow', Icon: IconPhoneOutgoing },
  completed: { color: 'green', Icon: IconCheck },
  no_answer: { color: 'orange', Icon: IconPhoneOff },
  failed: { color: 'red', Icon: IconAlertOctagon },
  cancelled: { color: 'gray', Icon: IconBan },
} as const;

/** A status by icon, word and colour: never by colour alone. */
export function StatusChip({ callback }: { callback: Pick<CallbackWire, 'status' | 'phase'> }) {
  const { color, Icon } = looks[callback.status];
  const phase = callback.phase === null ? '' : ` · ${phaseWords[callback.phase]}`;
  return (
    <Badge
      variant="light"
      color={color}
      tt="none"
      size="lg"
      fw={600}
      className="rb-chip"
      leftSection={
        <Icon size={14} stroke={2} aria-hidden className={callback.status === 'dialing' ? 'rb-pulse' : ''} />
      }
    >
      {statusWords[callback.status]}
      {phase}
    </Badge>
  );
}
