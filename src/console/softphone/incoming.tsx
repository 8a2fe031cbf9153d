import { Button, Group, Text } from '@mantine/core';
import { IconPhone, IconPhoneIncoming, IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { countdown } from '../time/format.ts';
import { useNow } from '../time/use-now.ts';
import { startRinging } from './audio/ringtone.ts';
import { useMicrophoneChoice } from './microphone-choice.ts';
import type { Phone } from './phone.ts';
import type { RingCard } from './phone-state.ts';
import { useTitleFlash } from './use-title-flash.ts';

/** A promise that is due: seen, heard, felt, and in the browser's tab. */
export function Incoming({
  phone,
  ring,
  waiting,
  speech,
  busy,
}: {
  phone: Phone;
  ring: RingCard;
  waiting: number;
  speech: boolean;
  busy: boolean;
}) {
  const [microphone] = useMicrophoneChoice(speech);
  useEffect(() => (busy ? undefined : startRinging()), [busy]);
  useTitleFlash(`Call from ${ring.agentName}`);
  return (
    <div className="rb-dock-card rb-incoming">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <span className="rb-incoming-icon">
          <IconPhoneIncoming size={22} aria-hidden className="rb-pulse" />
        </span>
        <div className="rb-dock-title">
          <div role="alert">
            <Text size="sm" c="dimmed">
              Incoming call
            </Text>
            <Text fw={700} className="rb-free-text">
              {ring.agentName}
            </Text>
            {ring.topic !== '' && (
              <Text size="sm" className="rb-free-text" lineClamp={4}>
                {ring.topic}
              </Text>
            )}
          </div>
          <Text size="xs" c="dimmed" className="rb-numbers" mt={4}>
            <RingsFor until={ring.endsAtMs} />
            {waiting > 0 && `, ${waiting} more waiting`}
          </Text>
        </div>
      </Group>
      <Group grow mt="md" gap="sm">
        <Button
          variant="default"
          size="md"
          leftSection={<IconX size={17} aria-hidden />}
          onClick={() => phone.decline(ring)}
        >
          Decline
        </Button>
        <Button
          color="#237032"
          size="md"
          leftSection={<IconPhone size={17} aria-hidden />}
          onClick={() => phone.answer(ring, { microphone })}
        >
          Answer
        </Button>
      </Group>
      {busy && (
        <Text size="xs" c="dimmed" mt={6}>
          Answering ends the call that you are in.
        </Text>
      )}
    </div>
  );
}

function RingsFor({ until }: { until: number }) {
  const now = useNow(1_000);
  return `Rings for ${countdown(until - now)}`;
}
