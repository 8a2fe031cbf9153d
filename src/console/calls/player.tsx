import { ActionIcon, Alert, Group, NativeSelect, Skeleton, Slider, Text, Tooltip } from '@mantine/core';
import {
  IconDownload,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconRewindBackward5,
  IconRewindForward5,
} from '@tabler/icons-react';
import { useImperativeHandle, useRef, useState, type Ref } from 'react';
import { clockDuration } from '../time/format.ts';
import { useWaveform } from './use-waveform.ts';
import type { WaveMark } from './wave-marks.ts';

export interface PlayerHandle {
  /** Plays from there, in seconds. */
  seek(seconds: number): void;
}

/** The recording: the caller's lane above, the agent's below, and controls that a keyboard can use. */
export function Player({
  callId,
  startAt,
  marks,
  onTime,
  ref,
}: {
  callId: string;
  /** Where turns begin: places to jump to with a pointer. By keyboard the transcript has the same. */
  marks: readonly WaveMark[];
  /** Where it stands at first, in seconds. */
  startAt: number;
  onTime: (seconds: number) => void;
  ref: Ref<PlayerHandle>;
}) {
  const url = `/api/v1/calls/${callId}/recording`;
  const container = useRef<HTMLDivElement>(null);
  const [speed, setSpeed] = useState('1');
  const wave = useWaveform(container, url, { startAt, onTime });
  useImperativeHandle(ref, () => ({ seek: wave.playFrom }), [wave.playFrom]);

  if (wave.failed) {
    return (
      <Alert color="orange" title="The recording can't be played">
        It may lie on another replica, or have been erased. The transcript below is complete.
      </Alert>
    );
  }
  const ready = wave.duration > 0;
  return (
    <section className="rb-card rb-panel" aria-label="Recording">
      <div className="rb-lanes">
        <Text size="xs" c="dimmed">
          Caller
        </Text>
        <Text size="xs" c="dimmed">
          Agent
        </Text>
        {!ready && <Skeleton height={112} className="rb-wave-waiting" />}
        <div ref={container} className="rb-wave" aria-hidden />
        {ready && (
          <div className="rb-marks" aria-hidden>
            {marks.map((mark) => (
              <button
                type="button"
                tabIndex={-1}
                key={`${mark.index} ${mark.kind}`}
                className={`rb-mark rb-mark-${mark.lane} rb-mark-${mark.kind}`}
                style={{ insetInlineStart: `${Math.min(1, mark.at / wave.duration) * 100}%` }}
                title={mark.title}
                aria-label={mark.title}
                onClick={() => wave.playFrom(mark.at)}
              />
            ))}
          </div>
        )}
      </div>
      <Slider
        value={wave.seconds}
        min={0}
        max={Math.max(0.1, wave.duration)}
        step={1}
        label={(value) => clockDuration(value)}
        onChange={wave.moveTo}
        disabled={!ready}
        thumbLabel="Position"
        thumbValueText={(seconds) => `${clockDuration(seconds)} of ${clockDuration(wave.duration)}`}
        size="sm"
        my="sm"
      />
      <Group justify="space-between" gap="sm">
        <Group gap={6}>
          <Control label="Back 5 seconds" onClick={() => wave.moveTo(Math.max(0, wave.seconds - 5))} disabled={!ready}>
            <IconRewindBackward5 size={18} />
          </Control>
          <ActionIcon
            size={44}
            radius="xl"
            variant="filled"
            aria-label={wave.playing ? 'Pause' : 'Play'}
            onClick={wave.toggle}
            disabled={!ready}
          >
            {wave.playing ? <IconPlayerPauseFilled size={20} /> : <IconPlayerPlayFilled size={20} />}
          </ActionIcon>
          <Control
            label="Forward 5 seconds"
            onClick={() => wave.moveTo(Math.min(wave.duration, wave.seconds + 5))}
            disabled={!ready}
          >
            <IconRewindForward5 size={18} />
          </Control>
          <Text size="sm" className="rb-numbers" ml={4}>
            {clockDuration(wave.seconds)} / {clockDuration(wave.duration)}
          </Text>
        </Group>
        <Group gap={6}>
          <NativeSelect
            aria-label="Speed"
            size="xs"
            value={speed}
            data={['0.75', '1', '1.25', '1.5', '2'].map((value) => ({ value, label: `${value}×` }))}
            onChange={(event) => {
              setSpeed(event.currentTarget.value);
              wave.setSpeed(Number(event.currentTarget.value));
            }}
          />
          <Tooltip label="Download the recording">
            <ActionIcon
              component="a"
              href={url}
              download={`call-${callId}.wav`}
              variant="default"
              size={36}
              aria-label="Download the recording"
            >
              <IconDownload size={18} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
    </section>
  );
}

function Control({
  label,
  onClick,
  disabled,
  children,
}: {
  label: string;
  onClick: () => void;
  disabled: boolean;
  children: React.ReactNode;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={36} radius="xl" aria-label={label} onClick={onClick} disabled={disabled}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
