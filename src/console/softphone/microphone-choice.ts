import { useLocalStorage } from '@mantine/hooks';

/**
 * Whether a call begins with the microphone on. Until somebody chose: on where words are understood; off where they
 * are not, because then it could only interrupt.
 */
export function useMicrophoneChoice(speech: boolean): readonly [boolean, (on: boolean) => void] {
  const [choice, setChoice] = useLocalStorage<'on' | 'off' | 'unset'>({
    key: 'ringback.microphone',
    defaultValue: 'unset',
    getInitialValueInEffect: false,
  });
  return [choice === 'unset' ? speech : choice === 'on', (on) => setChoice(on ? 'on' : 'off')];
}
