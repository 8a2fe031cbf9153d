import { Badge } from '@mantine/core';
import { IconAlertOctagon, IconCheck, IconClock, IconPhoneCall, IconPhoneOff } from '@tabler/icons-react';
import type { CallWire } from '../../api/calls.ts';
import { isLive, statusWords } from './words.ts';

const looks = {
  queued: { color: 'yellow', Icon: IconClock },
  ringing: { color: 'yellow', Icon: IconPhoneCall },
  in_progress: { color: 'teal', Icon: IconPhoneCall },
  completed: { color: 'green', Icon: IconCheck },
  no_answer: { color: 'orange', Icon: IconPhoneOff },
  busy: { color: 'orange', Icon: IconPhoneOff },
  failed: { color: 'red', Icon: IconAlertOctagon },
} as const;

export function CallChip({ call }: { call: Pick<CallWire, 'status'> }) {
  const { color, Icon } = looks[call.status];
  return (
    <Badge
      variant="light"
      color={color}
      tt="none"
      size="lg"
      fw={600}
      className="rb-chip"
      leftSection={<Icon size={14} stroke={2} aria-hidden className={isLive(call) ? 'rb-pulse' : ''} />}
    >
      {statusWords[call.status]}
    </Badge>
  );
}
