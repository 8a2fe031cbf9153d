import { Group, Text } from '@mantine/core';
import { useLiveState } from './live.tsx';

const words = { live: 'Live', connecting: 'Reconnecting…', paused: 'Paused' } as const;

/** Whether what is shown follows the gateway. */
export function ConnectionDot() {
  const state = useLiveState();
  return (
    <Group gap={8} role="status" aria-label={`Connection: ${words[state]}`} wrap="nowrap">
      <span className={`rb-dot rb-dot-${state}`} aria-hidden />
      <Text size="xs" c="dimmed">
        {words[state]}
      </Text>
    </Group>
  );
}
