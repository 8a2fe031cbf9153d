import { Group, Text } from '@mantine/core';
import mark from '../ringback.svg';

export function Brand() {
  return (
    <Group gap={10} wrap="nowrap">
      <img src={mark} alt="" width={28} height={28} />
      <Text fw={700} size="lg" lts={-0.2}>
        Ringback
      </Text>
    </Group>
  );
}
