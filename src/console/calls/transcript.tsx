import { Text } from '@mantine/core';
import { useRef } from 'react';
import type { TurnWire } from '../../api/calls.ts';
import { TurnBubble } from './turn-bubble.tsx';
import { ToolCard } from './tool-card.tsx';
import { useFollow } from './use-follow.ts';

export interface TranscriptProps {
  turns: readonly TurnWire[];
  /** What the two sides are called. */
  callerName: string;
  agentName: string;
  /** The turn that the player is at. */
  playing?: number | null;
  /** Milliseconds since 1970 at which the recording begins; turns become places to jump to. */
  seek?: { fromMs: number; to: (seconds: number) => void };
  /** Typed words that the gateway has not taken up yet. */
  pending?: readonly string[];
  label: string;
}

/** What was said, as text only: whatever people said or wrote is never markup. */
export function Transcript({
  turns,
  callerName,
  agentName,
  playing = null,
  seek,
  pending = [],
  label,
}: TranscriptProps) {
  const frame = useRef<HTMLDivElement>(null);
  const { follow } = useFollow(frame, playing);
  const jumps =
    seek === undefined
      ? {}
      : {
          seek: {
            ...seek,
            to: (seconds: number): void => {
              follow();
              seek.to(seconds);
            },
          },
        };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
    <div role="log" aria-label={label} className="rb-transcript" tabIndex={0} ref={frame}>
      {turns.map((turn) =>
        turn.role === 'tool' ? (
          <ToolCard key={turn.index} turn={turn} />
        ) : (
          <TurnBubble
            key={turn.index}
            turn={turn}
            name={turn.role === 'agent' ? agentName : callerName}
            playing={playing === turn.index}
            {...jumps}
          />
        ),
      )}
      {pending.map((text, index) => (
        // Typed words may repeat; they keep their order.
        <div key={`${index} ${text}`} className="rb-turn rb-turn-caller rb-turn-pending">
          <Text size="sm" className="rb-free-text">
            {text}
          </Text>
        </div>
      ))}
    </div>
  );
}
