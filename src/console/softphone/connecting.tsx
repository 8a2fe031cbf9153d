import { Group, Loader, Text } from '@mantine/core';
import { HangUp } from './hang-up.tsx';
import type { Phone } from './phone.ts';

export function Connecting({ phone, name }: { phone: Phone; name: string | null }) {
  return (
    <div className="rb-dock-card rb-dock-idle">
      <Group justify="space-between" wrap="nowrap">
        <Group gap="sm" wrap="nowrap" role="status">
          <Loader size="xs" aria-hidden />
          <Text size="sm" fw={600}>
            {name === null ? 'Connecting…' : `Connecting to ${name}…`}
          </Text>
        </Group>
        <HangUp phone={phone} />
      </Group>
    </div>
  );
}
