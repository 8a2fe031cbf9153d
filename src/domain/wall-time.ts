import { isZone } from './zones.ts';

/** When somebody wants to be called, as the LLM tells it: a delay, or a day and a wall time. */
export interface TimeWish {
  readonly inMinutes?: number;
  /** `today`, `tomorrow`, a weekday in English, or `YYYY-MM-DD`. */
  readonly day?: string;
  /** `HH:mm`, 24 hours. */
  readonly time?: string;
  /** IANA; only where the person named it. */
  readonly timeZone?: string;
}

export interface WishContext {
  readonly now: Temporal.Instant;
  /** The zones that the person's number gives (a browser's own zone alone). */
  readonly candidateZones: readonly string[];
  readonly agentZone: string;
  readonly horizonDays: number;
}

export type ResolvedWish =
  | {
      readonly ok: true;
      readonly at: Temporal.Instant;
      readonly zone: string;
      readonly zoneNamed: boolean;
      /** The zone was chosen among several, so it is said aloud. */
      readonly sayZone: boolean;
    }
  | { readonly ok: false; readonly error: string; readonly suggestion?: string };

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/**
 * Resolves a wish in code, so that no model does date arithmetic. A local time that occurs twice takes the first; one
 * that does not exist is refused with the first minute after the gap. Refusals are sentences that the LLM can act on.
 */
export function resolveWish(wish: TimeWish, context: WishContext): ResolvedWish {
  if (wish.timeZone !== undefined && !isZone(wish.timeZone)) {
    return no(
      `"${cut(wish.timeZone)}" is not a time zone. Ask which city they mean and use its IANA zone, for example America/Chicago.`,
    );
  }
  const byDelay = wish.inMinutes !== undefined;
  if (byDelay && (wish.day !== undefined || wish.time !== undefined))
    return no('Give either in_minutes, or day and time, not both.');
  if (byDelay) return within(byMinutes(wish.inMinutes ?? Number.NaN, wish, context), context);
  if (wish.time === undefined) {
    return wish.day === undefined
      ? no('Ask when they want to be called: in how many minutes, or on which day and at what time.')
      : no('Ask at what time on that day they want to be called.');
  }
  return within(byWallTime(wish.time, wish.day, wish, context), context);
}

function byMinutes(minutes: number, wish: TimeWish, context: WishContext): ResolvedWish {
  if (!Number.isFinite(minutes)) return no('in_minutes must be a number.');
  if (minutes < 0) return no('The time must lie ahead: in_minutes cannot be negative.');
  // Beyond any horizon, and beyond what can be computed with.
  if (minutes > 60 * 24 * 3650) return no(tooFar(context));
  const at = context.now.add({ milliseconds: Math.round(minutes * 60_000) });
  const { zone, named } = chooseZone(wish, context);
  // The delay is sure; the hour that is read back with it is not.
  return { ok: true, at, zone, zoneNamed: named, sayZone: !named && !zonesAgree(at, context.candidateZones) };
}

function byWallTime(time: string, day: string | undefined, wish: TimeWish, context: WishContext): ResolvedWish {
  if (/(Z|[+-]\d{2}:?\d{2})$/i.test(time.trim()) && !/^\d{1,2}:\d{2}$/.test(time.trim())) {
    return no(
      'Give time as local wall time without Z or an offset; ask the caller which time zone they mean if it is not clear.',
    );
  }
  const plain = parseTime(time);
  if (plain === undefined) return no(`"${cut(time)}" is not a time. Use HH:mm in 24 hours, for example 16:30.`);
  const asked = day === undefined ? undefined : parseDay(day);
  if (day !== undefined && asked === undefined)
    return no(`"${cut(day)}" is not a day. Use today, tomorrow, a weekday, or YYYY-MM-DD.`);

  const { zone, named } = chooseZone(wish, context);
  const placed = locate(plain, asked, zone, context.now);
  if (!placed.ok) return placed.gap === undefined ? no(placed.error) : gapRefusal(placed.gap, plain);
  // Where all candidates show the same time then, nothing was chosen and nothing needs saying.
  return {
    ok: true,
    at: placed.at,
    zone,
    zoneNamed: named,
    sayZone: !named && !zonesAgree(placed.at, context.candidateZones),
  };
}

type Day =
  | { readonly kind: 'today' }
  | { readonly kind: 'tomorrow' }
  | { readonly kind: 'weekday'; readonly weekday: number }
  | { readonly kind: 'date'; readonly date: Temporal.PlainDate };
type Located =
  | { readonly ok: true; readonly at: Temporal.Instant }
  /** The clocks skip this time; `gap` is the first minute after it. */
  | { readonly ok: false; readonly gap: Temporal.ZonedDateTime }
  | { readonly ok: false; readonly gap: undefined; readonly error: string };

/** A wall time without a day is its next occurrence; a weekday is its next one whose time lies ahead. */
function locate(time: Temporal.PlainTime, day: Day | undefined, zone: string, now: Temporal.Instant): Located {
  const today = now.toZonedDateTimeISO(zone).toPlainDate();
  for (const date of datesOf(day, today)) {
    const found = occurrences(date.toPlainDateTime(time), zone);
    const at = found.times.find((one) => Temporal.Instant.compare(one, now) > 0);
    if (at !== undefined) return { ok: true, at };
    const { gap } = found;
    if (gap !== undefined && Temporal.Instant.compare(gap.toInstant(), now) > 0) return { ok: false, gap };
  }
  const when = `${formatTime(time)} ${day?.kind === 'today' ? 'today' : 'on that day'}`;
  return {
    ok: false,
    gap: undefined,
    error: `${when} has already passed there (it is now ${formatTime(now.toZonedDateTimeISO(zone).toPlainTime())}). Ask for a time that lies ahead.`,
  };
}

function datesOf(day: Day | undefined, today: Temporal.PlainDate): Temporal.PlainDate[] {
  if (day === undefined) return [today, today.add({ days: 1 })];
  if (day.kind === 'today') return [today];
  if (day.kind === 'tomorrow') return [today.add({ days: 1 })];
  if (day.kind === 'date') return [day.date];
  const ahead = (day.weekday - today.dayOfWeek + 7) % 7;
  return [today.add({ days: ahead }), today.add({ days: ahead + 7 })];
}

/** When a local time occurs, the first one first: once, twice, or never (then `gap` is the first minute after it). */
function occurrences(
  local: Temporal.PlainDateTime,
  zone: string,
): { times: Temporal.Instant[]; gap?: Temporal.ZonedDateTime } {
  const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (earlier.toPlainDateTime().equals(local))
    return { times: [earlier.toInstant(), local.toZonedDateTime(zone, { disambiguation: 'later' }).toInstant()] };
  const gap = earlier.getTimeZoneTransition('next');
  return gap === null ? { times: [] } : { times: [], gap };
}

function gapRefusal(gap: Temporal.ZonedDateTime, time: Temporal.PlainTime): ResolvedWish {
  const first = gap.toPlainDateTime();
  return {
    ok: false,
    error: `${formatTime(time)} does not exist on that day: the clocks are put forward. Offer ${formatTime(first.toPlainTime())} instead.`,
    suggestion: `${first.toPlainDate().toString()} ${first.toPlainTime().toString({ smallestUnit: 'minute' })}`,
  };
}

function within(resolved: ResolvedWish, context: WishContext): ResolvedWish {
  if (!resolved.ok) return resolved;
  const aheadMs = resolved.at.epochMilliseconds - context.now.epochMilliseconds;
  if (aheadMs > context.horizonDays * 86_400_000) return no(tooFar(context));
  return resolved;
}

function chooseZone(wish: TimeWish, context: WishContext): { zone: string; named: boolean } {
  return wish.timeZone === undefined
    ? { zone: likelyZone(context.candidateZones, context.agentZone), named: false }
    : { zone: wish.timeZone, named: true };
}

/** The zone to read a time in where the person named none: the agent's if it may be theirs, else the first that may. */
export function likelyZone(candidateZones: readonly string[], agentZone: string): string {
  return candidateZones.includes(agentZone) ? agentZone : (candidateZones[0] ?? agentZone);
}

/** Whether all zones that the person may be in show the same time then. */
export function zonesAgree(at: Temporal.Instant, candidateZones: readonly string[]): boolean {
  const [first, ...others] = candidateZones;
  return first === undefined || others.every((zone) => offsetAt(at, zone) === offsetAt(at, first));
}

function offsetAt(at: Temporal.Instant, zone: string): number {
  return at.toZonedDateTimeISO(zone).offsetNanoseconds;
}

function parseTime(text: string): Temporal.PlainTime | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::00)?$/.exec(text.trim());
  const hour = Number(match?.[1]);
  const minute = Number(match?.[2]);
  return match !== null && hour < 24 && minute < 60 ? new Temporal.PlainTime(hour, minute) : undefined;
}

function parseDay(text: string): Day | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'today' || word === 'tomorrow') return word === 'today' ? { kind: 'today' } : { kind: 'tomorrow' };
  const weekday = weekdays.findIndex((name) => name === word);
  if (weekday >= 0) return { kind: 'weekday', weekday: weekday + 1 };
  if (!/^\d{4}-\d{2}-\d{2}$/.test(word)) return undefined;
  try {
    return { kind: 'date', date: Temporal.PlainDate.from(word, { overflow: 'reject' }) };
  } catch {
    return undefined;
  }
}

function tooFar(context: WishContext): string {
  return `That is more than ${context.horizonDays} days ahead. Ask for an earlier time.`;
}

function no(error: string): ResolvedWish {
  return { ok: false, error };
}

function cut(text: string): string {
  return text.slice(0, 40);
}

function formatTime(time: Temporal.PlainTime): string {
  return time.toLocaleString('en-US', { hour: 'numeric', minute: '2-digit' });
}
