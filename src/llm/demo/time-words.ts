import { clockTimeIn, partOfDay, type PartOfDay } from './clock-words.ts';
import { dayIn, unclearDay, type Day } from './day-words.ts';
import { delaysIn } from './delay-words.ts';
import { plainWords } from './plain-words.ts';
import { zoneIn } from './zone-words.ts';

/** What somebody said about when. Only what was said: nothing is worked out. */
export interface TimeHeard {
  readonly inMinutes?: number;
  readonly day?: Day;
  readonly clock?: { readonly hour: number; readonly minute: number; readonly ambiguous: boolean };
  readonly part?: PartOfDay;
  /** IANA. */
  readonly timeZone?: string;
  /** They said when, in words that are no time: "after lunch", "later", "in a few minutes". */
  readonly vague: boolean;
}

const vagueWords =
  /\b(?:later|soon|shortly|sometime|some time|any ?time|whenever|when you can|as soon as|asap|right away|immediately|right now|now|in a (?:bit|while|moment|sec|second)|a few (?:minutes|hours|days)|(?:some|several) (?:minutes|hours|days)|after (?:lunch|dinner|work|breakfast|school|the weekend)|before (?:lunch|dinner|work|noon)|(?:at|around|over) (?:lunch|dinner|breakfast)(?:time)?|lunchtime|end of the day|eod|tonight|morning|afternoon|evening|weekend)\b/;
const MOST_BARE_WORDS = 6;
const correction = /\b(?:no|actually|rather|i mean|i meant|make (?:it|that)|sorry|correction|or rather)\b/g;

/**
 * What was said about a time, in English. `expecting`: a time was asked for, so that "ten minutes" or "4" alone is one.
 * Where somebody corrects themselves ("in ten, no, twenty minutes"), what they said last. Undefined for nothing about time.
 */
export function timeIn(text: string, options: { expecting: boolean }): TimeHeard | undefined {
  const words = plainWords(text);
  const last = [...words.matchAll(correction)].at(-1);
  const corrected =
    last === undefined ? undefined : heardIn(words.slice(last.index + last[0].length).trim(), { expecting: true });
  if (corrected !== undefined && !corrected.vague) return corrected;
  return heardIn(words, options);
}

function heardIn(words: string, { expecting }: { expecting: boolean }): TimeHeard | undefined {
  const delays = delaysIn(words).filter(({ ahead }) => ahead || expecting);
  const delay = delays.at(-1);
  // What a delay was made of is no time of day: "in an hour and 20 minutes".
  const rest = delay === undefined ? words : `${words.slice(0, delay.from)} , ${words.slice(delay.to)}`;
  const day = dayIn(rest);
  // A number alone is an hour where hardly anything else was said.
  const bare = delay === undefined && (day !== undefined || (expecting && words.split(' ').length <= MOST_BARE_WORDS));
  const clock = clockTimeIn(withoutDates(rest), { bare });
  const timeZone = zoneIn(rest);
  const part = partOfDay(rest);
  const unclear = unclearDay(withoutDates(rest));
  const vague =
    clock === 'none' ||
    (delay === undefined && clock === undefined && (unclear || vagueWords.test(rest))) ||
    (delay === undefined && unclear) ||
    /\b(?:before|by) (?:\d|noon)/.test(rest);
  if (delay === undefined && day === undefined && clock === undefined && timeZone === undefined && !vague)
    return undefined;
  const placed = clock === 'none' || clock === undefined || /\bbefore \d/.test(rest) ? undefined : clock;
  // The midnight of tonight is not that with which today began.
  const kept = placed?.midnight === true && day?.kind === 'word' && day.day === 'today' ? undefined : day;
  return {
    ...(delay === undefined ? {} : { inMinutes: delay.minutes }),
    ...(kept === undefined ? {} : { day: kept }),
    ...(placed === undefined
      ? {}
      : { clock: { hour: placed.hour, minute: placed.minute, ambiguous: placed.ambiguous } }),
    ...(part === undefined ? {} : { part }),
    ...(timeZone === undefined ? {} : { timeZone }),
    vague,
  };
}

/** The numbers of a date are no hours. */
function withoutDates(words: string): string {
  return words
    .replaceAll(/\b\d{4}-\d{2}-\d{2}\b/g, ' ')
    .replaceAll(
      /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?: \.)? (?:the )?\d{1,2}(?:st|nd|rd|th)?\b(?! ?(?:am|pm|:))(?:,? \d{4}\b)?/g,
      ' ',
    )
    .replaceAll(
      /\b(?:the )?\d{1,2}(?:st|nd|rd|th)?(?: of)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?:,? \d{4}\b)?/g,
      ' ',
    )
    .replaceAll(/\b\d{1,2}(?:st|nd|rd|th)\b/g, ' ')
    .replaceAll(/\s+/g, ' ');
}
