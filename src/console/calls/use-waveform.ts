import { useComputedColorScheme } from '@mantine/core';
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import WaveSurfer from 'wavesurfer.js';

/** A recording as it is drawn and played. Times are seconds. */
export interface Waveform {
  readonly duration: number;
  readonly seconds: number;
  readonly playing: boolean;
  readonly failed: boolean;
  readonly toggle: () => void;
  readonly moveTo: (seconds: number) => void;
  readonly playFrom: (seconds: number) => void;
  readonly setSpeed: (rate: number) => void;
}

export function useWaveform(
  container: RefObject<HTMLElement | null>,
  url: string,
  { startAt, onTime }: { startAt: number; onTime: (seconds: number) => void },
): Waveform {
  const surfer = useRef<WaveSurfer>(null);
  const [state, setState] = useState({ duration: 0, seconds: 0, playing: false, failed: false });
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const wave = WaveSurfer.create({
      container: element,
      url,
      height: 56,
      barWidth: 2,
      barGap: 1,
      barRadius: 2,
      cursorWidth: 2,
      dragToSeek: true,
      ...lanes(element),
    });
    surfer.current = wave;
    const patch = (change: Partial<typeof state>): void => setState((known) => ({ ...known, ...change }));
    wave.on('ready', (duration) => {
      patch({ duration });
      if (startAt > 0) wave.setTime(Math.min(startAt, duration));
    });
    wave.on('timeupdate', (seconds) => {
      patch({ seconds });
      onTime(seconds);
    });
    wave.on('play', () => patch({ playing: true }));
    wave.on('pause', () => patch({ playing: false }));
    wave.on('error', () => patch({ failed: true }));
    return () => {
      surfer.current = null;
      wave.destroy();
    };
  }, [container, url, startAt, onTime]);

  useEffect(() => {
    if (container.current !== null) surfer.current?.setOptions(lanes(container.current));
  }, [container, scheme]);

  const moveTo = useCallback((seconds: number) => surfer.current?.setTime(seconds), []);
  // A play that the browser refuses shows as the button that still says Play.
  const play = useCallback(
    () => void surfer.current?.play().catch(() => setState((known) => ({ ...known, playing: false }))),
    [],
  );
  const playFrom = useCallback(
    (seconds: number) => {
      moveTo(seconds);
      play();
    },
    [moveTo, play],
  );
  const toggle = useCallback(() => (surfer.current?.isPlaying() === true ? surfer.current.pause() : play()), [play]);
  const setSpeed = useCallback((rate: number) => surfer.current?.setPlaybackRate(rate, true), []);
  return { ...state, toggle, moveTo, playFrom, setSpeed };
}

/** The two channels as the recording has them: the caller left, the agent right. */
function lanes(element: HTMLElement) {
  const style = getComputedStyle(element);
  const [caller, agent] = ['--rb-wave-caller', '--rb-wave-agent'].map((name) => style.getPropertyValue(name).trim());
  const faint = (colour: string | undefined): string => `color-mix(in srgb, ${colour ?? 'gray'} 45%, transparent)`;
  return {
    cursorColor: style.color,
    splitChannels: [
      { waveColor: faint(caller), progressColor: caller ?? 'gray' },
      { waveColor: faint(agent), progressColor: agent ?? 'gray' },
    ],
  };
}
