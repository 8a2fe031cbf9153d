/** How a language says when: the words around what Intl gives. */
interface TimeWords {
  /** `clock` is the time of day with its zone, where that is said. */
  soon(delay: string, clock: string): string;
  today(clock: string): string;
  tomorrow(clock: string): string;
  onDay(date: string, clock: string): string;
  /** The time of day, as it stands after the word for "at"; `hour` is the one that is shown. */
  clock(time: string, hour: number): string;
  zoned(clock: string, zone: string): string;
}

const english: TimeWords = {
  soon: (delay, clock) => `in ${delay}, at ${clock}`,
  today: (clock) => `today at ${clock}`,
  tomorrow: (clock) => `tomorrow at ${clock}`,
  onDay: (date, clock) => `on ${date} at ${clock}`,
  clock: (time) => time,
  zoned: (clock, zone) => `${clock} ${zone}`,
};

/** The languages in which an agent's fixed sentences are shipped. */
const byLanguage: Readonly<Record<string, TimeWords>> = {
  en: english,
  de: {
    soon: (delay, clock) => `in ${delay}, um ${clock},`,
    today: (clock) => `heute um ${clock}`,
    tomorrow: (clock) => `morgen um ${clock}`,
    onDay: (date, clock) => `am ${date}, um ${clock}`,
    clock: (time) => `${time} Uhr`,
    zoned: (clock, zone) => `${clock} (${zone})`,
  },
  es: {
    soon: (delay, clock) => `dentro de ${delay}, ${clock}`,
    today: (clock) => `hoy ${clock}`,
    tomorrow: (clock) => `mañana ${clock}`,
    onDay: (date, clock) => `el ${date}, ${clock}`,
    clock: (time, hour) => `${hour === 1 ? 'a la' : 'a las'} ${time}`,
    zoned: (clock, zone) => `${clock}, ${zone}`,
  },
  fr: {
    soon: (delay, clock) => `dans ${delay}, à ${clock}`,
    today: (clock) => `aujourd’hui à ${clock}`,
    tomorrow: (clock) => `demain à ${clock}`,
    // The first of a month is no cardinal.
    onDay: (date, clock) => `le ${date.replace(/ 1 /, ' 1er ')} à ${clock}`,
    clock: (time) => time,
    zoned: (clock, zone) => `${clock}, ${zone}`,
  },
};

/**
 * A time as a person says it, in the callee's zone: "today at 3:45 PM", "tomorrow at 4:00 PM Pacific Time",
 * "on Monday, December 1 at 9:00 AM". Below two hours with the delay first: "in 30 minutes, at 3:45 PM". In the agent's
 * language (BCP 47) where its words are shipped, else in English.
 */
export function speakTime(
  at: Temporal.Instant,
  zone: string,
  now: Temporal.Instant,
  language: string,
  sayZone: boolean,
): string {
  const locale = spokenLocale(language);
  const words = byLanguage[baseOf(locale)] ?? english;
  const local = at.toZonedDateTimeISO(zone);
  const time = words.clock(clockTime(local, locale), shownHour(local, locale));
  const clock = sayZone ? words.zoned(time, zoneName(at, zone, locale)) : time;
  const delayMs = at.epochMilliseconds - now.epochMilliseconds;
  if (delayMs < 2 * 3_600_000) return words.soon(speakDelay(delayMs, locale), clock);
  const today = now.toZonedDateTimeISO(zone).toPlainDate();
  const days = today.until(local.toPlainDate(), { largestUnit: 'days' }).days;
  if (days === 0) return words.today(clock);
  if (days === 1) return words.tomorrow(clock);
  return words.onDay(local.toLocaleString(locale, { weekday: 'long', month: 'long', day: 'numeric' }), clock);
}

/** The generic name of a zone, for example "Pacific Time". */
export function zoneName(at: Temporal.Instant, zone: string, language: string): string {
  const parts = new Intl.DateTimeFormat(localeOf(language), {
    timeZone: zone,
    timeZoneName: 'longGeneric',
  }).formatToParts(at.epochMilliseconds);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

/** An agent's language as Intl takes it; English where it is no language tag: saying a time never fails. */
export function localeOf(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0] ?? 'en-US';
  } catch {
    // Only a malformed tag throws.
    return 'en-US';
  }
}

/** English where its words are not shipped: a sentence is in one language. */
function spokenLocale(language: string): string {
  const locale = localeOf(language);
  return byLanguage[baseOf(locale)] === undefined ? 'en-US' : locale;
}

function baseOf(locale: string): string {
  return locale.split('-', 1)[0] ?? '';
}

function clockTime(local: Temporal.ZonedDateTime, locale: string): string {
  // No-break spaces are for a page; whoever says it reads words.
  return local.toLocaleString(locale, { hour: 'numeric', minute: '2-digit' }).replaceAll(/[\u00A0\u202F]/g, ' ');
}

function shownHour(local: Temporal.ZonedDateTime, locale: string): number {
  const { hourCycle } = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions();
  return hourCycle === 'h12' || hourCycle === 'h11' ? local.hour % 12 : local.hour;
}

function speakDelay(delayMs: number, locale: string): string {
  const seconds = Math.max(1, Math.round(delayMs / 1000));
  if (seconds < 60 || (seconds < 120 && seconds % 60 !== 0)) return count(seconds, 'second', locale);
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return count(minutes, 'minute', locale);
  const rest = minutes % 60;
  const hours = count(Math.floor(minutes / 60), 'hour', locale);
  if (rest === 0) return hours;
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format([hours, count(rest, 'minute', locale)]);
}

function count(amount: number, unit: 'second' | 'minute' | 'hour', locale: string): string {
  return amount.toLocaleString(locale, { style: 'unit', unit, unitDisplay: 'long' }).replaceAll('\u00A0', ' ');
}
