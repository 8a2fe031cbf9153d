import { Button } from '@mantine/core';
import { IconPhoneOff } from '@tabler/icons-react';
import type { Phone } from './phone.ts';

export function HangUp({ phone }: { phone: Phone }) {
  return (
    <Button
      color="red.9"
      size="sm"
      className="rb-flex-none"
      leftSection={<IconPhoneOff size={16} aria-hidden />}
      onClick={() => phone.hangUp()}
    >
      Hang up
    </Button>
  );
}
