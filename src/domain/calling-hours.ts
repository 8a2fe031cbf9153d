import type { CallingHours } from './agent.ts';
import { isZone } from './zones.ts';

/** How far ahead an allowed minute is looked for: hours that never come within it don't exist. */
const SEARCH_DAYS = 8;
const OPENS = /^([01]\d|2[0-3]):[0-5]\d$/;
const CLOSES = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

/**
 * Whether `at` lies inside the hours in every one of the zones. Null hours are always; so are hours without any zone
 * to read them in.
 */
export function isAllowed(hours: CallingHours | null, zones: readonly string[], at: Temporal.Instant): boolean {
  return hours === null || zones.every((zone) => isAllowedIn(hours, zone, at));
}

/** Why hours cannot be read in these zones, in a few words; undefined where they can. The functions here throw then. */
export function hoursFault(hours: CallingHours | null, zones: readonly string[]): string | undefined {
  if (zones.some((zone) => !isZone(zone))) return 'a time zone is not known';
  if (hours === null) return undefined;
  const readable = OPENS.test(hours.start) && CLOSES.test(hours.end);
  return readable ? undefined : 'the calling hours cannot be read';
}

/**
 * Whether a call at `at` keeps to the hours: allowed in every zone, or in `fallbackZone` where the zones have no minute
 * in common.
 */
export function keepsHours(
  hours: CallingHours | null,
  zones: readonly string[],
  at: Temporal.Instant,
  fallbackZone: string,
): boolean {
  return nextAllowed(hours, zones, at, fallbackZone).equals(at);
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

/** Only an opening in one of the zones, or its clocks being moved, can begin a common stretch: only those are tried. */
function firstCommon(
  hours: CallingHours,
  zones: readonly string[],
  at: Temporal.Instant,
): Temporal.Instant | undefined {
  if (isAllowed(hours, zones, at)) return at;
  const candidates = zones
    .flatMap((zone) => openings(hours, zone, at))
    .toSorted((a, b) => Temporal.Instant.compare(a, b));
  return candidates.find(
    (candidate) => Temporal.Instant.compare(candidate, at) >= 0 && isAllowed(hours, zones, candidate),
  );
}

function openings(hours: CallingHours, zone: string, at: Temporal.Instant): Temporal.Instant[] {
  const local = at.toZonedDateTimeISO(zone);
  const today = local.toPlainDate();
  const time = Temporal.PlainTime.from(hours.start);
  const starts = Array.from({ length: SEARCH_DAYS }, (_, days) =>
    today.add({ days }).toZonedDateTime({ timeZone: zone, plainTime: time }).toInstant(),
  );
  // A start inside a daylight-saving gap opens at the first minute after it, which is the transition itself.
  const transition = local.getTimeZoneTransition('next');
  return transition === null ? starts : [...starts, transition.toInstant()];
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
