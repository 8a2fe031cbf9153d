import { ActionIcon, Group, Text } from '@mantine/core';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useAgentName } from '../agents/use-agents.ts';
import { callQueries } from '../api/resources.ts';
import { Transcript } from '../calls/transcript.tsx';
import { clockDuration } from '../time/format.ts';
import { useNow } from '../time/use-now.ts';
import { Composer } from './composer.tsx';
import { HangUp } from './hang-up.tsx';
import { LevelMeter } from './level-meter.tsx';
import { MicrophoneButton } from './microphone-button.tsx';
import { MicrophoneNotice } from './microphone-notice.tsx';
import type { Phone } from './phone.ts';
import type { PhoneState, Stage } from './phone-state.ts';

/** A call: captions of both sides, a line to type in, the microphone, levels, and the way out. */
export function InCall({
  phone,
  state,
  stage,
  speech,
}: {
  phone: Phone;
  state: PhoneState;
  stage: Extract<Stage, { name: 'in_call' }>;
  speech: boolean;
}) {
  const call = useQuery(callQueries.one(stage.callId)).data;
  const agentName = useAgentName(call?.agentId ?? '');
  const [small, setSmall] = useState(false);
  const turns = call?.transcript ?? [];
  const captions = useRef<HTMLDivElement>(null);
  const said = turns.filter(({ role }) => role === 'caller').at(-1)?.text;
  useEffect(() => {
    if (said !== undefined) phone.taken(said);
  }, [phone, said]);
  useEffect(() => {
    captions.current?.scrollTo({ top: captions.current.scrollHeight });
  }, [call, state.pending]);
  return (
    <div className="rb-dock-card rb-dock-call" data-small={small || undefined}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <div className="rb-dock-title">
          <Text size="sm" fw={700} truncate>
            {agentName === '–' ? 'In call' : agentName}
          </Text>
          <Group gap={8} wrap="nowrap">
            <Text size="xs" c="dimmed" className="rb-numbers">
              <Running since={stage.sinceMs} />
            </Text>
            <LevelMeter phone={phone} side="agent" label="Agent" />
            <LevelMeter phone={phone} side="microphone" label="You" />
          </Group>
        </div>
        <Group gap={6} wrap="nowrap">
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={small ? 'Show the transcript' : 'Make the softphone smaller'}
            aria-expanded={!small}
            onClick={() => setSmall(!small)}
          >
            {small ? <IconChevronUp size={18} /> : <IconChevronDown size={18} />}
          </ActionIcon>
          <HangUp phone={phone} />
        </Group>
      </Group>
      {!small && (
        <>
          <div ref={captions} className="rb-captions">
            {turns.length === 0 && state.pending.length === 0 && (
              <Text size="sm" c="dimmed" ta="center" py="lg">
                Connected. What is said appears here.
              </Text>
            )}
            <Transcript turns={turns} callerName="You" agentName={agentName} label="Captions" pending={state.pending} />
          </div>
          <MicrophoneNotice state={state} speech={speech} />
          <Group gap="xs" wrap="nowrap" align="flex-end">
            <MicrophoneButton phone={phone} state={state.microphone} speech={speech} />
            <Composer onSay={(text) => phone.say(text)} />
          </Group>
        </>
      )}
    </div>
  );
}

function Running({ since }: { since: number }) {
  const now = useNow(1_000);
  return clockDuration((now - since) / 1000);
}
