import { ActionIcon, Tooltip } from '@mantine/core';
import { IconMicrophone, IconMicrophoneOff } from '@tabler/icons-react';
import type { MicrophoneState } from './audio/sound.ts';
import { useMicrophoneChoice } from './microphone-choice.ts';
import type { Phone } from './phone.ts';

export function MicrophoneButton({ phone, state, speech }: { phone: Phone; state: MicrophoneState; speech: boolean }) {
  const [, remember] = useMicrophoneChoice(speech);
  const on = state === 'on';
  const label = on ? 'Mute' : state === 'muted' ? 'Unmute' : 'Use microphone';
  const press = (): void => {
    remember(!on);
    if (on) phone.mute();
    else phone.openMicrophone();
  };
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={on ? 'light' : 'default'}
        size={36}
        aria-label={label}
        loading={state === 'asking'}
        onClick={press}
      >
        {on ? <IconMicrophone size={18} /> : <IconMicrophoneOff size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}
