/** A time of day that was said. */
export interface ClockTime {
  readonly hour: number;
  readonly minute: number;
  /** It could also be twelve hours later: neither am nor pm, nor anything like it, was said. */
  readonly ambiguous: boolean;
  /** "midnight": with "tonight" it is the one that comes. */
  readonly midnight: boolean;
}

export type PartOfDay = 'morning' | 'afternoon' | 'evening' | 'night';

const lead = String.raw`(?:at|around|about|by|for|till|until|to|@|it|say|maybe)(?: (?:about|around|exactly|like|say))?`;
const meridiem = String.raw`(?: ?(am|pm))`;
const notAfter = String.raw`(?! ?(?:[:/%$€£]|\d|percent|st\b|nd\b|rd\b|th\b|seconds?|secs?|minutes?|mins?|hours?|hrs?|h\b|days?|weeks?|months?|years?|times?|people|dollars?|euros?|pounds?|to\b|past\b|of\b|or\b))`;

type Read = { hour: number; minute: number; meridiem?: string; exact?: boolean };

const ways: readonly (readonly [RegExp, (...groups: string[]) => Read])[] = [
  [/\b(?:12 )?(?:noon|midday)\b/, () => ({ hour: 12, minute: 0, exact: true })],
  [/\b(?:12 )?midnight\b/, () => ({ hour: 0, minute: 0, exact: true })],
  [
    new RegExp(String.raw`\bhalf (?:past )?(\d{1,2})(?: o'clock)?${meridiem}?(?!\w| ?(?:minutes|hours|seconds))`),
    (h = '', ap = '') => ({ hour: Number(h), minute: 30, meridiem: ap }),
  ],
  [
    new RegExp(String.raw`\b(?:an? )?quarter (?:past|after) (\d{1,2})(?: o'clock)?${meridiem}?\b`),
    (h = '', ap = '') => ({ hour: Number(h), minute: 15, meridiem: ap }),
  ],
  [
    new RegExp(String.raw`\b(?:an? )?quarter (?:to|before|of|till) (\d{1,2})(?: o'clock)?${meridiem}?\b`),
    (h = '', ap = '') => to(Number(h), 15, ap),
  ],
  [
    new RegExp(String.raw`\b(\d{1,2})(?: minutes?)? (?:past|after) (\d{1,2})(?: o'clock)?${meridiem}?\b`),
    (m = '', h = '', ap = '') => ({ hour: Number(h), minute: Number(m), meridiem: ap }),
  ],
  [
    new RegExp(String.raw`(?:\bat |^)(\d{1,2})(?: minutes?)? to (\d{1,2})(?: o'clock)?${meridiem}?\b`),
    (m = '', h = '', ap = '') => to(Number(h), Number(m), ap),
  ],
  [
    new RegExp(String.raw`\b(\d{1,2}):(\d{2})(?::00)?${meridiem}?(?![\d:])`),
    (h = '', m = '', ap = '') => ({ hour: Number(h), minute: Number(m), meridiem: ap, exact: h.startsWith('0') }),
  ],
  [
    new RegExp(String.raw`\b(\d{1,2})[. ](\d{2})${meridiem}\b`),
    (h = '', m = '', ap = '') => ({ hour: Number(h), minute: Number(m), meridiem: ap }),
  ],
  [
    new RegExp(String.raw`\b(\d{1,2})(?: o'clock)?${meridiem}\b`),
    (h = '', ap = '') => ({ hour: Number(h), minute: 0, meridiem: ap }),
  ],
  [
    new RegExp(String.raw`\b${lead} (\d{1,2})[. h](\d{2})(?! ?[:.]?\d)${notAfter}`),
    (h = '', m = '') => ({ hour: Number(h), minute: Number(m), exact: h.startsWith('0') }),
  ],
  [
    new RegExp(String.raw`\b(?:${lead} )?(\d{2})(\d{2}) hours\b|\b(?:at|around) (\d{2})(\d{2})\b${notAfter}`),
    (h = '', m = '', h2 = '', m2 = '') => ({ hour: Number(h || h2), minute: Number(m || m2), exact: true }),
  ],
  [/\b(\d{1,2}) o'? ?clock\b/, (h = '') => ({ hour: Number(h), minute: 0 })],
  [
    new RegExp(String.raw`\b${lead} (\d{1,2})\b${notAfter}`),
    (h = '') => ({ hour: Number(h), minute: 0, exact: h.startsWith('0') }),
  ],
];

/** Taken only where a time was asked for, or a day stands beside it. */
const bareWays: typeof ways = [
  [
    new RegExp(String.raw`\b(\d{1,2})[. ](\d{2})\b${notAfter}`),
    (h = '', m = '') => ({ hour: Number(h), minute: Number(m), exact: h.startsWith('0') }),
  ],
  [
    new RegExp(String.raw`(?<![.:/]|\d )\b(?<!(?:that|this|the|no|any|some|which) )(\d{1,2})\b${notAfter}`),
    (h = '') => ({ hour: Number(h), minute: 0 }),
  ],
];

/**
 * The time of day in the words. Of an hour that could be either, the one in which business is done: from 1 to 7 it is the
 * afternoon, from 8 to 12 the morning or noon. Undefined where none was said; 'none' where what was said is no time.
 */
export function clockTimeIn(words: string, options: { bare: boolean }): ClockTime | 'none' | undefined {
  for (const [way, read] of options.bare ? [...ways, ...bareWays] : ways) {
    const match = way.exec(words);
    if (match === null) continue;
    const { hour, minute, meridiem: said = '', exact = false } = read(...match.slice(1));
    if (hour > 24 || minute > 59 || (hour === 24 && minute > 0)) return 'none';
    const midnight = match[0].includes('midnight');
    return { ...placed(hour, minute, said, exact, partOfDay(words)), midnight };
  }
  return undefined;
}

/** Which part of the day was said, if any. */
export function partOfDay(words: string): PartOfDay | undefined {
  if (/\bmorning\b/.test(words)) return 'morning';
  if (/\bafternoon\b/.test(words)) return 'afternoon';
  if (/\bevening\b/.test(words)) return 'evening';
  return /\b(?:tonight|(?:at|in the|tomorrow) night)\b/.test(words) ? 'night' : undefined;
}

function to(hour: number, minutes: number, said: string): Read {
  // Quarter to one is not 0:45 but 12:45: in words the hours go from 1 to 12.
  return {
    hour: hour === 1 ? 12 : hour - 1,
    minute: 60 - minutes,
    meridiem: hour === 12 && said !== '' ? other(said) : said,
  };
}

/** Quarter to twelve pm is 11:45 in the morning where noon is meant. */
function other(said: string): string {
  return said === 'pm' ? 'am' : 'pm';
}

function placed(
  hour: number,
  minute: number,
  said: string,
  exact: boolean,
  part: PartOfDay | undefined,
): { hour: number; minute: number; ambiguous: boolean } {
  const sure = (value: number): { hour: number; minute: number; ambiguous: boolean } => ({
    hour: value % 24,
    minute,
    ambiguous: false,
  });
  if (exact || hour === 0 || hour > 12) return sure(hour);
  if (said !== '') return sure((hour % 12) + (said === 'pm' ? 12 : 0));
  if (part === 'morning') return sure(hour % 12);
  if (part === 'afternoon') return sure((hour % 12) + 12);
  // Twelve in the evening is midnight, and two at night is not two in the afternoon.
  if (part === 'evening') return sure(hour === 12 ? 0 : hour + 12);
  if (part === 'night') return sure(hour === 12 ? 0 : hour < 6 ? hour : hour + 12);
  return { hour: hour < 8 ? hour + 12 : hour, minute, ambiguous: hour < 12 };
}
