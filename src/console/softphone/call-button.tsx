import { Button } from '@mantine/core';
import { IconPhone } from '@tabler/icons-react';
import { useMicrophoneChoice } from './microphone-choice.ts';
import type { Phone } from './phone.ts';

export function CallButton({
  phone,
  online,
  speech,
  label,
  agentId,
}: {
  phone: Phone;
  online: boolean;
  speech: boolean;
  label: string;
  agentId?: string;
}) {
  const [microphone] = useMicrophoneChoice(speech);
  return (
    <Button
      className="rb-flex-none"
      leftSection={<IconPhone size={17} aria-hidden />}
      disabled={!online}
      onClick={() => phone.call(agentId === undefined ? { microphone } : { agentId, microphone })}
    >
      {label}
    </Button>
  );
}
