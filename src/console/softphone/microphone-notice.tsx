import { Text } from '@mantine/core';
import type { PhoneState } from './phone-state.ts';

/** What the person must know about being heard, and about hearing. Nothing while all is well. */
export function MicrophoneNotice({ state, speech }: { state: PhoneState; speech: boolean }) {
  const lines = [state.notice, hearing(state), speaking(state.microphone, speech)].filter((line) => line !== null);
  return lines.map((line) => (
    <Text key={line} size="xs" c="dimmed" role="status">
      {line}
    </Text>
  ));
}

function hearing(state: PhoneState): string | null {
  return state.silent ? 'This browser plays no sound here. The captions show what the agent says.' : null;
}

function speaking(microphone: PhoneState['microphone'], speech: boolean): string | null {
  if (microphone === 'refused')
    return 'The microphone is not allowed for this page, so type. Your browser can allow it beside the address.';
  if (microphone === 'missing') return 'No microphone was found, so type.';
  if (microphone === 'insecure') return 'Browsers give the microphone only to HTTPS pages and to localhost, so type.';
  if (microphone === 'asking')
    return 'Your browser asks whether this page may use the microphone. You can type meanwhile.';
  if (speech) return microphone === 'muted' ? 'You are muted.' : null;
  return microphone === 'on'
    ? 'No speech recognition is set up: type your words. The microphone only interrupts the agent, and is recorded.'
    : 'No speech recognition is set up: type your words. The microphone, once on, interrupts the agent.';
}
