import type { CallingHours } from './agent.ts';

/** How far ahead an allowed minute is looked for: hours that never come within it don't exist. */
const SEARCH_DAYS = 8;

/**
 * Whether `at` lies inside the hours in every one of the zones. Null hours are always; so are hours without any zone
 * to read them in.
 */
export function isAllowed(hours: CallingHours | null, zones: readonly string[], at: Temporal.Instant): boolean {
  return hours === null || zones.every((zone) => isAllowedIn(hours, zone, at));
}

/**
 * `at` itself where it is allowed, else the first minute after it that is allowed in every zone. Zones that have no
 * minute in common leave the decision to `fallbackZone`.
 */
export function nextAllowed(
  hours: CallingHours | null,
  zones: readonly string[],
  at: Temporal.Instant,
  fallbackZone: string,
): Temporal.Instant {
  if (hours === null) return at;
  const asked = zones.length === 0 ? [fallbackZone] : zones;
  return firstCommon(hours, asked, at) ?? firstCommon(hours, [fallbackZone], at) ?? at;
}

/** Only an opening in one of the zones can begin a common stretch, so only those are tried. */
function firstCommon(
  hours: CallingHours,
  zones: readonly string[],
  at: Temporal.Instant,
): Temporal.Instant | undefined {
  const candidates = [at, ...zones.flatMap((zone) => openings(hours, zone, at))].toSorted(Temporal.Instant.compare);
  return candidates.find(
    (candidate) => Temporal.Instant.compare(candidate, at) >= 0 && isAllowed(hours, zones, candidate),
  );
}

function openings(hours: CallingHours, zone: string, at: Temporal.Instant): Temporal.Instant[] {
  const today = at.toZonedDateTimeISO(zone).toPlainDate();
  const time = Temporal.PlainTime.from(hours.start);
  return Array.from({ length: SEARCH_DAYS }, (_, days) =>
    // A start inside a daylight-saving gap opens at the first minute after it.
    today.add({ days }).toZonedDateTime({ timeZone: zone, plainTime: time }).toInstant(),
  );
}

function isAllowedIn(hours: CallingHours, zone: string, at: Temporal.Instant): boolean {
  const { hour, minute } = at.toZonedDateTimeISO(zone);
  const now = hour * 60 + minute;
  const start = minuteOf(hours.start);
  const end = minuteOf(hours.end);
  if (start === end) return true;
  return start < end ? now >= start && now < end : now >= start || now < end;
}

/** `24:00` is 1440: the end of the day, not its beginning. */
function minuteOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return hour * 60 + minute;
}
