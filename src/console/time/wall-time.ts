/* Between the clock on somebody's wall and the one time that all share. */

/** "2026-11-24T09:30" as a clock in that zone shows it; for inputs of the browser. */
export function wallTimeAt(atMs: number, zone: string): string {
  const parts = Object.fromEntries(
    formatter(zone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts['year']?.padStart(4, '0')}-${parts['month']}-${parts['day']}T${parts['hour']}:${parts['minute']}`;
}

/**
 * When a clock in that zone shows this, in milliseconds since 1970. Null for what is no time, and for a time that the
 * clock jumps over; of one that it shows twice, the first.
 */
export function instantOfWallTime(wall: string, zone: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/.exec(wall);
  if (match === null) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = match.slice(1).map(Number);
  const asUtcMs = Date.UTC(year, month - 1, day, hour, minute);
  // The zone's offset a day before and a day after: around a change one of them is right, and the larger comes first.
  const offsets = [-DAY_MS, DAY_MS].map((shiftMs) => offsetMsAt(asUtcMs + shiftMs, zone)).toSorted((a, b) => b - a);
  for (const offsetMs of offsets) if (wallTimeAt(asUtcMs - offsetMs, zone) === wall) return asUtcMs - offsetMs;
  return null;
}

/** The first minute of a day (or of one some days later) in that zone; undefined where there is no such day. */
export function dayStart(day: string | undefined, plusDays: number, zone: string): string | undefined {
  const shiftedMs = Date.parse(`${day}T00:00:00Z`) + plusDays * DAY_MS;
  if (!Number.isFinite(shiftedMs)) return undefined;
  const wall = new Date(shiftedMs).toISOString().slice(0, 10);
  // Where the clock jumps over midnight, the day begins at one.
  const atMs = instantOfWallTime(`${wall}T00:00`, zone) ?? instantOfWallTime(`${wall}T01:00`, zone);
  return atMs === null ? undefined : new Date(atMs).toISOString();
}

const DAY_MS = 86_400_000;

/** How far the zone's clock is ahead of UTC. */
function offsetMsAt(atMs: number, zone: string): number {
  const minuteMs = Math.floor(atMs / 60_000) * 60_000;
  return Date.parse(`${wallTimeAt(minuteMs, zone)}Z`) - minuteMs;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  formatters.set(zone, made);
  return made;
}
