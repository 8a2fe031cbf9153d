/* How times are written: relative first, then exact in the reader's zone, then the callee's own where it differs. */

const LOCALE = 'en';
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Below it a countdown runs by the second. */
export const COUNTDOWN_MS = 2 * MINUTE_MS;

/** The zone that this browser is set to. */
export function viewerZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** "in 12 min", "in 1:07", "3 h ago". `atMs` and `nowMs` are milliseconds since 1970. */
export function relativeTime(atMs: number, nowMs: number): string {
  const leftMs = atMs - nowMs;
  if (leftMs >= 1000 && leftMs <= COUNTDOWN_MS) return `in ${countdown(leftMs)}`;
  const distanceMs = Math.abs(leftMs);
  if (distanceMs < 5_000) return 'now';
  const words = distanceWords(distanceMs);
  return leftMs > 0 ? `in ${words}` : `${words} ago`;
}

function distanceWords(distanceMs: number): string {
  if (distanceMs < MINUTE_MS) return `${Math.round(distanceMs / 1000)} s`;
  if (distanceMs < HOUR_MS) return `${Math.round(distanceMs / MINUTE_MS)} min`;
  if (distanceMs < DAY_MS) {
    const minutes = Math.round(distanceMs / MINUTE_MS);
    const rest = minutes % 60;
    return rest === 0 || minutes >= 360 ? `${Math.round(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
  }
  const days = Math.round(distanceMs / DAY_MS);
  return days === 1 ? '1 day' : `${days} days`;
}

/**
 * "1:07"; never below 0:00. Whole seconds that are really left: the page's present is cut to seconds (`useNow`), so that a
 * rest rounded up would say that a second is left of what rings already.
 */
export function countdown(leftMs: number): string {
  return clockDuration(leftMs / 1000);
}

/** "0:42", "12:05", "1:02:09". */
export function clockDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, '0')}:${rest}`;
}

/** "10:45" today, "Tomorrow 09:00", "Tue 24 Nov, 10:45", with the year where it is another one. */
export function exactTime(atMs: number, nowMs: number, zone: string): string {
  const time = formatter(zone, { hour: '2-digit', minute: '2-digit' }).format(atMs);
  const day = dayNumber(atMs, zone) - dayNumber(nowMs, zone);
  if (day === 0) return time;
  if (day === 1) return `Tomorrow ${time}`;
  if (day === -1) return `Yesterday ${time}`;
  const sameYear = part(atMs, zone, 'year') === part(nowMs, zone, 'year');
  const date = `${part(atMs, zone, 'weekday')} ${part(atMs, zone, 'day')} ${part(atMs, zone, 'month')}`;
  return `${date}${sameYear ? '' : ` ${part(atMs, zone, 'year')}`}, ${time}`;
}

/** "09:30 in Chicago", or null where the callee's clock shows the same as the reader's. */
export function theirTime(atMs: number, zone: string, ownZone: string): string | null {
  if (!isZone(zone) || sameClock(atMs, zone, ownZone)) return null;
  const time = formatter(zone, { hour: '2-digit', minute: '2-digit' }).format(atMs);
  const day = dayNumber(atMs, zone) - dayNumber(atMs, ownZone);
  const shift = day === 0 ? '' : ` ${part(atMs, zone, 'weekday')}`;
  return `${time}${shift} in ${zoneCity(zone)}`;
}

/** All of it, for a tooltip: "Tuesday, 24 November 2026 at 10:45:00 CET". */
export function fullTime(atMs: number, zone: string): string {
  return formatter(zone, { dateStyle: 'full', timeStyle: 'long' }).format(atMs);
}

/** "Tue 24 Nov, 16:00" of "2026-11-24T16:00:00", a time on somebody's own clock; anything else as it is. */
export function wallTime(local: string): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(local)) return local;
  const atMs = Date.parse(`${local}Z`);
  if (Number.isNaN(atMs)) return local;
  const time = formatter('UTC', { hour: '2-digit', minute: '2-digit' }).format(atMs);
  return `${part(atMs, 'UTC', 'weekday')} ${part(atMs, 'UTC', 'day')} ${part(atMs, 'UTC', 'month')}, ${time}`;
}

/** "Chicago" of "America/Chicago". */
export function zoneCity(zone: string): string {
  return (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');
}

function sameClock(atMs: number, one: string, other: string): boolean {
  return one === other || wallClock(atMs, one) === wallClock(atMs, other);
}

function wallClock(atMs: number, zone: string): string {
  return formatter(zone, { dateStyle: 'short', timeStyle: 'short' }).format(atMs);
}

/** Days since 1970 as the calendar of that zone counts them. */
function dayNumber(atMs: number, zone: string): number {
  const [year, month, day] = ['year', 'monthNumber', 'day'].map((name) => Number(part(atMs, zone, name)));
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1) / DAY_MS;
}

function part(atMs: number, zone: string, name: string): string {
  const month = name === 'monthNumber' ? 'numeric' : 'short';
  const parts = formatter(zone, { weekday: 'short', year: 'numeric', month, day: 'numeric' }).formatToParts(atMs);
  return parts.find(({ type }) => type === (name === 'monthNumber' ? 'month' : name))?.value ?? '';
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making one costs more than using it a hundred times. */
function formatter(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: zone, hourCycle: 'h23' });
  formatters.set(key, made);
  return made;
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat(LOCALE, { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
