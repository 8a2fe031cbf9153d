import { ActionIcon, Group, Text } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { clockDuration } from '../time/format.ts';
import { CallButton } from './call-button.tsx';
import type { Phone } from './phone.ts';
import type { Stage } from './phone-state.ts';
import { PageLink } from '../shell/page-link.tsx';

export function Ended({
  phone,
  stage,
  speech,
  online,
}: {
  phone: Phone;
  stage: Extract<Stage, { name: 'ended' }>;
  speech: boolean;
  online: boolean;
}) {
  return (
    <div className="rb-dock-card rb-dock-idle">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div className="rb-dock-title">
          <Text size="sm" fw={600} role="status">
            {stage.message}
            {stage.seconds !== null && ` after ${clockDuration(stage.seconds)}`}
          </Text>
          {stage.callId !== null && (
            <PageLink to="/calls/$callId" params={{ callId: stage.callId }} size="sm" underline="always">
              Read and hear the call
            </PageLink>
          )}
        </div>
        <Group gap={6} wrap="nowrap">
          <CallButton phone={phone} online={online} speech={speech} label="Call" />
          <ActionIcon variant="subtle" color="gray" size={36} aria-label="Close" onClick={() => phone.dismiss()}>
            <IconX size={18} />
          </ActionIcon>
        </Group>
      </Group>
    </div>
  );
}
