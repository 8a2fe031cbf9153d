import { Text, type TextProps } from '@mantine/core';
import { COUNTDOWN_MS, exactTime, fullTime, relativeTime, theirTime, viewerZone } from './format.ts';
import { useNow } from './use-now.ts';

const COARSE_MS = 5_000;

/** The present as closely as a countdown to `atMs` needs it: by the second only when it is near. */
export function useNowNear(atMs: number): number {
  const coarse = useNow(COARSE_MS);
  return useNow(Math.abs(atMs - coarse) < COUNTDOWN_MS + COARSE_MS ? 1_000 : COARSE_MS);
}

/** A time as people read it: relative, exact here, and theirs where their clock differs. */
export function When({ at, zone, emphasis = true }: { at: string; zone?: string; emphasis?: boolean }) {
  const atMs = Date.parse(at);
  const now = useNowNear(atMs);
  const own = viewerZone();
  const theirs = zone === undefined ? null : theirTime(atMs, zone, own);
  return (
    <time dateTime={at} title={fullTime(atMs, own)} className="rb-numbers">
      <Text span size="sm" fw={emphasis ? 600 : 400} display="block">
        {relativeTime(atMs, now)}
      </Text>
      <Text span size="xs" c="dimmed" display="block">
        {exactTime(atMs, now, own)}
      </Text>
      {theirs !== null && (
        <Text span size="xs" c="dimmed" display="block">
          {theirs}
        </Text>
      )}
    </time>
  );
}

/** One line: "10:45 (in 12 min)". */
export function WhenLine({ at, zone, ...text }: { at: string; zone?: string } & TextProps) {
  const atMs = Date.parse(at);
  const now = useNowNear(atMs);
  const own = viewerZone();
  const theirs = zone === undefined ? null : theirTime(atMs, zone, own);
  return (
    <Text span size="sm" className="rb-numbers" {...text}>
      <time dateTime={at} title={fullTime(atMs, own)}>
        {exactTime(atMs, now, own)} ({relativeTime(atMs, now)})
      </time>
      {theirs !== null && `, ${theirs}`}
    </Text>
  );
}
