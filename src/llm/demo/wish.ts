import type { LlmMessage } from '../llm.ts';
import type { PartOfDay } from './clock-words.ts';
import { dateFrom } from './day-words.ts';
import { isGoodbye, isNo, isThanks, isYes, movesIt, refusesCallback, wantsCallback } from './intents.ts';
import { callerWords, lastBooking, text, todayOf } from './memory.ts';
import { nameIn, noReason, quoted, reasonIn } from './reason-words.ts';
import { timeIn, type TimeHeard } from './time-words.ts';

/** What somebody wishes so far, put together from all that they said since the last booking. */
export interface Wish {
  readonly wanted: boolean;
  readonly time: TimeHeard;
  /** The last thing that they said added to it. */
  readonly added: boolean;
  /** The last thing they said named a time, whether it is wished or not. */
  readonly timed: boolean;
  readonly reason: string;
  readonly name: string | undefined;
}

interface Slots {
  wanted: boolean;
  time: TimeHeard;
}

const nothing: TimeHeard = { vague: false };

/**
 * Reads the wish anew from the conversation each time, as a model would. A booking closes it; what is said after that
 * ("make it twenty minutes", "tomorrow instead") begins with the day and time that were booked.
 */
export function wishIn(messages: readonly LlmMessage[]): Wish {
  const booking = lastBooking(messages);
  const from = Math.max(booking?.at ?? -1, lastHeading(messages)) + 1;
  const said = callerWords(messages.slice(from));
  const booked = booking !== undefined && booking.at + 1 === from ? booking.args : undefined;
  let slots: Slots = { wanted: false, time: nothing };
  let added = false;
  let timed = false;
  for (const words of said) {
    const heard = timeIn(words, { expecting: slots.wanted || slots.time.vague });
    timed = heard !== undefined;
    const asks = wantsCallback(words) || (booked !== undefined && heard !== undefined && movesIt(words));
    const agrees = isYes(words) && !slots.wanted && isTime(slots.time);
    added = asks || agrees || (heard !== undefined && slots.wanted);
    if (refusesCallback(words) && heard === undefined) slots = { wanted: false, time: nothing };
    else {
      slots = {
        wanted: slots.wanted || asks || agrees,
        time: heard === undefined ? slots.time : merged(heard, slots.time),
      };
    }
  }
  return {
    ...slots,
    time: booked === undefined ? slots.time : completed(slots.time, booked),
    added,
    timed,
    reason: reasonOf(messages, said, booked),
    name: said.map(nameIn).findLast((name) => name !== undefined),
  };
}

/** Whether it can be passed on as it is. */
export function isTime(time: TimeHeard): boolean {
  if (time.vague) return false;
  return (time.inMinutes === undefined) !== (time.clock === undefined);
}

/** The arguments of `schedule_callback`; undefined where the date lacks a year that nobody can tell. */
export function bookingArguments(
  wish: Wish,
  messages: readonly LlmMessage[],
): Readonly<Record<string, unknown>> | undefined {
  const when = timeArguments(wish.time, messages);
  if (when === undefined) return undefined;
  return { ...when, reason: wish.reason, ...(wish.name === undefined ? {} : { caller_name: wish.name }) };
}

/** A time as every tool that takes one wants it; undefined as above. */
export function timeArguments(
  { inMinutes, day, clock, timeZone }: TimeHeard,
  messages: readonly LlmMessage[],
): Readonly<Record<string, unknown>> | undefined {
  const today = todayOf(messages);
  if (day?.kind === 'date' && day.year === undefined && today === undefined) return undefined;
  const dayWord = day === undefined ? undefined : day.kind === 'word' ? day.day : dateFrom(day, today ?? '');
  return inMinutes === undefined
    ? {
        ...(dayWord === undefined ? {} : { day: dayWord }),
        ...(clock === undefined ? {} : { time: hhmm(clock.hour, clock.minute) }),
        ...(timeZone === undefined ? {} : { time_zone: timeZone }),
      }
    : { in_minutes: inMinutes };
}

export function hhmm(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** Headings of earlier calls, notes and instructions of ours: what stood before them belongs to another call. */
function lastHeading(messages: readonly LlmMessage[]): number {
  return messages.findLastIndex(({ role }) => role === 'system');
}

/** What was said now, on top of what was said before. A delay takes the place of day and time, and they of it. */
function merged(now: TimeHeard, before: TimeHeard): TimeHeard {
  if (now.inMinutes !== undefined) return now;
  if (now.clock === undefined && now.day === undefined && now.timeZone === undefined)
    return now.vague ? { ...before, vague: true } : before;
  const day = now.day ?? before.day;
  const part = now.part ?? before.part;
  const clock =
    now.clock === undefined ? before.clock : inPart(now.clock, now.part === undefined ? before.part : undefined);
  const timeZone = now.timeZone ?? before.timeZone;
  return {
    ...(day === undefined ? {} : { day }),
    ...(part === undefined ? {} : { part }),
    ...(clock === undefined ? {} : { clock }),
    ...(timeZone === undefined ? {} : { timeZone }),
    vague: now.vague,
  };
}

/** "Tomorrow evening." "At what time?" "At eight." */
function inPart(clock: NonNullable<TimeHeard['clock']>, part: PartOfDay | undefined): NonNullable<TimeHeard['clock']> {
  if (!clock.ambiguous || part === undefined) return clock;
  const hour = part === 'morning' ? clock.hour % 12 : (clock.hour % 12) + 12;
  return { ...clock, hour, ambiguous: false };
}

/** What was booked fills what was not said: "tomorrow instead" keeps the hour. */
export function completed(time: TimeHeard, booked: Readonly<Record<string, unknown>>): TimeHeard {
  if (time.inMinutes !== undefined || time.vague) return time;
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text(booked['time'])) ?? [];
  if (time.clock === undefined && time.day !== undefined && hour !== undefined)
    return { ...time, clock: { hour: Number(hour), minute: Number(minute), ambiguous: false } };
  const day = text(booked['day']);
  if (time.clock !== undefined && time.day === undefined && day !== '') return { ...time, day: { kind: 'word', day } };
  return time;
}

function reasonOf(
  messages: readonly LlmMessage[],
  said: readonly string[],
  booked: Readonly<Record<string, unknown>> | undefined,
): string {
  const named = said.map(reasonIn).findLast((reason) => reason !== undefined);
  if (named !== undefined) return named;
  const before = text(booked?.['reason']);
  if (before !== '' && before !== noReason) return before;
  const matter =
    said.findLast(isMatter) ??
    callerWords(messages)
      .map(reasonIn)
      .findLast((reason) => reason !== undefined);
  if (matter === undefined) return noReason;
  return said.includes(matter) ? quoted(matter) : matter;
}

/** Words that say something of their matter, and not only yes, bye or when. */
export function isMatter(words: string): boolean {
  const plain = words.trim();
  if (plain.split(/\s+/).length < 3 || plain.endsWith('?')) return false;
  if (wantsCallback(plain) || refusesCallback(plain) || isGoodbye(plain) || isThanks(plain)) return false;
  if (isYes(plain) || isNo(plain) || nameIn(plain) !== undefined) return false;
  return timeIn(plain, { expecting: false }) === undefined;
}
