import { Group, NativeSelect, Text } from '@mantine/core';
import { useState } from 'react';
import { useAgents } from '../agents/use-agents.ts';
import { CallButton } from './call-button.tsx';
import type { Phone } from './phone.ts';

export function Idle({ phone, online, speech }: { phone: Phone; online: boolean; speech: boolean }) {
  const agents = useAgents();
  const fallback = agents.find(({ isDefault }) => isDefault) ?? agents[0];
  const [chosen, setChosen] = useState<string | null>(null);
  const agentId = chosen ?? fallback?.id;
  return (
    <div className="rb-dock-card rb-dock-idle">
      <Group wrap="nowrap" gap="sm" justify="space-between">
        <div className="rb-dock-title">
          <Text size="sm" fw={600} truncate>
            {agents.length > 1 ? 'Softphone' : `Talk to ${fallback?.name ?? 'the agent'}`}
          </Text>
          <Text size="xs" c="dimmed" role="status">
            {online ? 'Callbacks ring here' : 'Connecting…'}
          </Text>
        </div>
        <Group wrap="nowrap" gap="xs">
          {agents.length > 1 && (
            <NativeSelect
              aria-label="Agent"
              size="sm"
              w={136}
              value={agentId ?? ''}
              data={agents.map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(event) => setChosen(event.currentTarget.value)}
            />
          )}
          <CallButton
            phone={phone}
            online={online}
            speech={speech}
            label="Call"
            {...(agentId === undefined ? {} : { agentId })}
          />
        </Group>
      </Group>
    </div>
  );
}
