import { ActionIcon, Group, Text, Tooltip } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconDialpad } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useAgentName } from '../agents/use-agents.ts';
import { callQueries } from '../api/resources.ts';
import { Transcript } from '../calls/transcript.tsx';
import { clockDuration } from '../time/format.ts';
import { useNow } from '../time/use-now.ts';
import { Composer } from './composer.tsx';
import { HangUp } from './hang-up.tsx';
import { Keypad } from './keypad.tsx';
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
  const [keypad, setKeypad] = useState(false);
  const keypadButton = useRef<HTMLButtonElement>(null);
  const said = turns.findLast(({ role }) => role === 'caller');
  const [saidIndex, saidText] = [said?.index, said?.text];
  useEffect(() => {
    if (saidText !== undefined) phone.taken(saidText);
    // The same words again are another turn.
  }, [phone, saidIndex, saidText]);
  const press = useCallback((key: string) => phone.press(key), [phone]);
  const closeKeypad = useCallback((): void => {
    setKeypad(false);
    keypadButton.current?.focus();
  }, []);
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
          {keypad && <Keypad keys={state.keys} onPress={press} onClose={closeKeypad} />}
          <Group gap="xs" wrap="nowrap" align="flex-end">
            <MicrophoneButton phone={phone} state={state.microphone} speech={speech} />
            <Tooltip label="Keypad">
              <ActionIcon
                ref={keypadButton}
                variant={keypad ? 'light' : 'default'}
                size={36}
                aria-label="Keypad"
                aria-expanded={keypad}
                onClick={() => (keypad ? closeKeypad() : setKeypad(true))}
              >
                <IconDialpad size={18} />
              </ActionIcon>
            </Tooltip>
            <Composer onSay={(text) => phone.say(text)} onTyping={() => phone.typing()} />
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
