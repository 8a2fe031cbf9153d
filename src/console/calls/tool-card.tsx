import { Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconLoader2, IconTool } from '@tabler/icons-react';
import { useState } from 'react';
import type { TurnWire } from '../../api/calls.ts';
import { toolOutcome, toolWords } from './words.ts';

const states = {
  running: { words: 'running', Icon: IconLoader2 },
  done: { words: 'done', Icon: IconCheck },
  refused: { words: 'refused', Icon: IconAlertTriangle },
} as const;

/** What the agent did: the tool, how it went, and on demand what was asked and answered. */
export function ToolCard({ turn }: { turn: TurnWire }) {
  const { state, sentence } = toolOutcome(turn.toolResult);
  const { words, Icon } = states[state];
  const [opened, setOpened] = useState(false);
  return (
    <div className={`rb-tool rb-tool-${state}`}>
      <Group gap={6} wrap="nowrap" align="flex-start">
        <IconTool size={16} stroke={1.7} aria-hidden className="rb-tool-icon" />
        <Text size="sm" fw={600} className="rb-free-text">
          {toolWords(turn.toolName)}
        </Text>
        <Text size="xs" className="rb-tool-state">
          <Icon size={13} aria-hidden /> {words}
        </Text>
      </Group>
      {sentence !== null && (
        <Text size="sm" className="rb-free-text" mt={4}>
          {sentence}
        </Text>
      )}
      <details onToggle={(event) => setOpened(event.currentTarget.open)}>
        <summary>Details</summary>
        {opened && (
          <>
            <Text size="xs" fw={600} mt={6}>
              Asked
            </Text>
            <pre className="rb-free-text">{json(turn.toolArguments)}</pre>
            <Text size="xs" fw={600}>
              Answered
            </Text>
            <pre className="rb-free-text">{json(turn.toolResult)}</pre>
          </>
        )}
      </details>
    </div>
  );
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'nothing';
}
