import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { pageClock } from './clock.ts';
import { exactTime, relativeTime, viewerZone, zoneCity } from './format.ts';
import { isOutside } from './hours.ts';
import { useNow } from './use-now.ts';
import { instantOfWallTime, wallTimeAt } from './wall-time.ts';

/** A time ahead as it is typed: what a clock shows in their zone, such as 2026-11-24T09:30. */
export interface PickedTime {
  readonly wall: string;
  /** Milliseconds since 1970; null where it is no time, or one that their clock jumps over. */
  readonly atMs: number | null;
}

/** What the picker begins with. */
export function pickedAt(atMs: number, zone: string): PickedTime {
  const wall = wallTimeAt(atMs, zone);
  return { wall, atMs: instantOfWallTime(wall, zone) };
}

/** Picks a time on the callee's clock, and says what it is on the reader's. */
export function WhenPicker({
  zone,
  picked,
  hours,
  error,
  onChange,
}: {
  zone: string;
  picked: PickedTime;
  /** Calling hours in their zone; null: any hour; undefined: not known here. */
  hours: { start: string; end: string } | null | undefined;
  error?: string | undefined;
  onChange: (picked: PickedTime) => void;
}) {
  const nowMs = useNow(5_000);
  const own = viewerZone();
  const choose = (wall: string): void => onChange({ wall, atMs: instantOfWallTime(wall, zone) });
  const inMinutes = (minutes: number): void =>
    onChange(pickedAt(Math.ceil(pageClock.nowMs() / 60_000 + minutes) * 60_000, zone));
  const tomorrow = (): void => choose(`${wallTimeAt(pageClock.nowMs() + 86_400_000, zone).slice(0, 10)}T09:00`);
  return (
    <Stack gap={8}>
      <TextInput
        type="datetime-local"
        label={`When, on their clock (${zoneCity(zone)})`}
        description={hoursWords(hours)}
        value={picked.wall}
        onChange={(event) => choose(event.currentTarget.value)}
        error={picked.wall !== '' && picked.atMs === null ? 'Their clock never shows this time' : error}
        required
      />
      <Group gap={6}>
        <Button size="compact-sm" variant="default" onClick={() => inMinutes(15)}>
          In 15 min
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => inMinutes(60)}>
          In 1 h
        </Button>
        <Button size="compact-sm" variant="default" onClick={tomorrow}>
          Tomorrow 09:00 there
        </Button>
      </Group>
      <Text size="sm" role="status" className="rb-numbers">
        {picked.atMs === null ? (
          'Choose a time.'
        ) : (
          <>
            <strong>{exactTime(picked.atMs, nowMs, zone)}</strong> in {zoneCity(zone)} is{' '}
            <strong>{exactTime(picked.atMs, nowMs, own)}</strong> in {zoneCity(own)}, {relativeTime(picked.atMs, nowMs)}
            .{isOutside(picked.wall, hours) && ' That is outside the calling hours.'}
          </>
        )}
      </Text>
    </Stack>
  );
}

function hoursWords(hours: { start: string; end: string } | null | undefined): string {
  if (hours === undefined) return 'As the person you call would read it';
  return hours === null ? 'Any hour is a calling hour' : `Calling hours there: ${hours.start} to ${hours.end}`;
}
