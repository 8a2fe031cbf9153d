import { Alert, Button, Group, Text } from '@mantine/core';
import { IconMoon } from '@tabler/icons-react';
import { ApiError } from '../api/http.ts';
import { exactTime, viewerZone, zoneCity } from '../time/format.ts';
import { useNow } from '../time/use-now.ts';

/** The next allowed time, where that is what a refusal proposes. */
export function suggestionOf(error: Error | null): { atMs: number; mayOverride: boolean } | null {
  if (!(error instanceof ApiError) || error.code !== 'outside_calling_hours') return null;
  const atMs = Date.parse(String(error.details['suggestion']));
  return Number.isFinite(atMs) ? { atMs, mayOverride: error.details['mayConfirm'] === true } : null;
}

/** A time outside the calling hours: the ways on, as buttons. */
export function RefusedTime({
  error,
  zone,
  verb,
  onTake,
  onOverride,
}: {
  error: Error | null;
  zone: string;
  /** What the buttons do: "Book", "Move". */
  verb: string;
  /** Null where only the hour is told, and nothing can be put there. */
  onTake: ((atMs: number) => void) | null;
  onOverride: () => void;
}) {
  const nowMs = useNow(5_000);
  const suggestion = suggestionOf(error);
  if (suggestion === null) return null;
  const there = `${exactTime(suggestion.atMs, nowMs, zone)} in ${zoneCity(zone)}`;
  return (
    <Alert color="orange" icon={<IconMoon />} role="alert" title="Outside the calling hours there">
      <Text size="sm">
        The next allowed time is {there}, {exactTime(suggestion.atMs, nowMs, viewerZone())} here.
        {!suggestion.mayOverride && " This agent's policy allows no other."}
      </Text>
      <Group gap="sm" mt="sm">
        {onTake !== null && (
          <Button size="xs" onClick={() => onTake(suggestion.atMs)}>
            {verb} for {there}
          </Button>
        )}
        {suggestion.mayOverride && (
          <Button size="xs" variant="default" onClick={onOverride}>
            {verb} at the time asked for all the same
          </Button>
        )}
      </Group>
    </Alert>
  );
}
