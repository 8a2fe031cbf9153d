import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconPhone } from '@tabler/icons-react';
import { systemQuery } from '../api/resources.ts';
import { useMicrophoneChoice } from '../softphone/microphone-choice.ts';
import { usePhone } from '../softphone/phone-context.tsx';

/** Starts the softphone with this agent, as it is saved. */
export function TalkButton({ agentId, name }: { agentId: string; name: string }) {
  const { phone, state } = usePhone();
  const [microphone] = useMicrophoneChoice(useQuery(systemQuery).data?.speech ?? false);
  const busy = state.stage.name === 'connecting' || state.stage.name === 'in_call';
  return (
    <Button
      variant="light"
      leftSection={<IconPhone size={17} aria-hidden />}
      disabled={phone === null || !state.online || busy}
      onClick={() => phone?.call({ agentId, microphone })}
      aria-label={`Talk to this agent, ${name}`}
    >
      Talk to this agent
    </Button>
  );
}
