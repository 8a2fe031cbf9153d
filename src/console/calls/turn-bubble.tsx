import { Text, UnstyledButton } from '@mantine/core';
import { IconDialpad, IconHandStop } from '@tabler/icons-react';
import type { TurnWire } from '../../api/calls.ts';
import { clockDuration } from '../time/format.ts';
import type { TranscriptProps } from './transcript.tsx';
import { heardParts, pressedKeys } from './words.ts';

/** One utterance. What the agent made but nobody heard is struck through, and says so. */
export function TurnBubble({
  turn,
  name,
  playing,
  seek,
}: { turn: TurnWire; name: string; playing: boolean } & Pick<TranscriptProps, 'seek'>) {
  const { heard, unheard } = heardParts(turn);
  const keys = pressedKeys(turn);
  const speaking = turn.role === 'agent' && turn.endedAt === null;
  return (
    <div
      className={`rb-turn rb-turn-${turn.role}`}
      data-playing={playing || undefined}
      aria-current={playing || undefined}
    >
      <Text size="xs" c="dimmed" component="div" className="rb-turn-head">
        <span>{name}</span>
        {seek !== undefined && <Jump at={(Date.parse(turn.startedAt) - seek.fromMs) / 1000} onJump={seek.to} />}
        {turn.latency !== null && (
          <span title={latencyWords(turn.latency)}>{(turn.latency.totalMs / 1000).toFixed(1)} s to answer</span>
        )}
      </Text>
      <Text size="sm" component="div" className="rb-free-text">
        {keys === null ? <span dir="auto">{heard}</span> : <Keys keys={keys} />}
        {unheard !== '' && (
          <>
            {' '}
            <span className="rb-visually-hidden">Not heard: </span>
            <s className="rb-unheard" title="Made, but not heard">
              {unheard}
            </s>
          </>
        )}
        {speaking && (
          <span className="rb-speaking rb-pulse" aria-hidden>
            {' '}
            ●
          </span>
        )}
      </Text>
      {turn.interrupted && (
        <Text size="xs" c="dimmed" component="div" className="rb-interrupted">
          <IconHandStop size={13} aria-hidden /> Interrupted
        </Text>
      )}
    </div>
  );
}

function Keys({ keys }: { keys: string }) {
  return (
    <span className="rb-numbers" dir="ltr">
      <IconDialpad size={14} role="img" aria-label="Keys pressed:" /> {keys}
    </span>
  );
}

function Jump({ at, onJump }: { at: number; onJump: (seconds: number) => void }) {
  const time = clockDuration(at);
  return (
    <UnstyledButton
      fz="inherit"
      className="rb-jump rb-numbers"
      aria-label={`Play from ${time}`}
      onClick={() => onJump(Math.max(0, at))}
    >
      {time}
    </UnstyledButton>
  );
}

function latencyWords(latency: NonNullable<TurnWire['latency']>): string {
  return [
    `end of speech ${Math.round(latency.endpointingMs)} ms`,
    `words ${Math.round(latency.sttMs)} ms`,
    `first token ${Math.round(latency.llmFirstTokenMs)} ms`,
    `voice ${Math.round(latency.ttsFirstByteMs)} ms`,
    `first sound ${Math.round(latency.firstAudioMs)} ms`,
  ].join(', ');
}
