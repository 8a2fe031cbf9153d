/** A day that was said: in the tool's own words, or a date that still lacks its year. */
export type Day =
  | { readonly kind: 'word'; readonly day: string }
  | { readonly kind: 'date'; readonly month: number; readonly day: number; readonly year: number | undefined };

const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const ordinals = [
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth',
  'sixteenth seventeenth eighteenth nineteenth twentieth',
].flatMap((words) => words.split(' '));
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const shortDays: Readonly<Record<string, string>> = {
  mon: 'monday',
  tue: 'tuesday',
  tues: 'tuesday',
  wed: 'wednesday',
  thu: 'thursday',
  thur: 'thursday',
  thurs: 'thursday',
  fri: 'friday',
  sat: 'saturday',
  sun: 'sunday',
};

const month = `(${months.map((name) => `${name.slice(0, 3)}(?:${name.slice(3)})?`).join('|')}|sept)`;
const nth = String.raw`(\d{1,2})(?:st|nd|rd|th)?`;
const year = String.raw`(?:,? (\d{4})(?![:\d]))?`;

const isoDate = /\b(\d{4})-(\d{2})-(\d{2})\b/;
const monthFirst = new RegExp(String.raw`\b${month}(?: \.)? (?:the )?${nth}(?! ?(?:am|pm|:))\b${year}`);
const dayFirst = new RegExp(String.raw`\b(?:the )?${nth} (?:of )?${month}\b${year}`);

/** The day in the words; undefined where none was said. */
export function dayIn(text: string): Day | undefined {
  const words = withOrdinals(text);
  const iso = isoDate.exec(words);
  if (iso !== null) return { kind: 'word', day: iso[0] };
  const first = monthFirst.exec(words);
  if (first !== null) return date(first[1], first[2], first[3]);
  const last = dayFirst.exec(words);
  if (last !== null) return date(last[2], last[1], last[3]);
  if (/\btomorrow\b/.test(words) && !/\bday after tomorrow\b/.test(words)) return { kind: 'word', day: 'tomorrow' };
  const weekday = new RegExp(String.raw`\b(${weekdays.join('|')})s?\b`).exec(words)?.[1];
  if (weekday !== undefined) return { kind: 'word', day: weekday };
  const short = new RegExp(String.raw`\b(?:on|next|this|coming) (${Object.keys(shortDays).join('|')})\b`).exec(
    words,
  )?.[1];
  const full = short === undefined ? undefined : shortDays[short];
  if (full !== undefined) return { kind: 'word', day: full };
  return /\b(?:today|tonight|this (?:morning|afternoon|evening))\b/.test(words)
    ? { kind: 'word', day: 'today' }
    : undefined;
}

/** A day was said that the tool has no word for, so that the person is asked for one that it has. */
export function unclearDay(words: string): boolean {
  return /\bday after tomorrow\b|\b(?:next|this|the) (?:week|month|weekend)\b|\b\d{1,2}\/\d{1,2}\b|\bon the \d{1,2}(?:st|nd|rd|th)\b/.test(
    words,
  );
}

/** A date as the tool takes it. Without a year it is the next one: this year's, or next year's where that has passed. */
export function dateFrom(day: Extract<Day, { kind: 'date' }>, today: string): string {
  const monthDay = `${pad(day.month)}-${pad(day.day)}`;
  const thisYear = Number(today.slice(0, 4));
  const chosen = day.year ?? (monthDay < today.slice(5, 10) ? thisYear + 1 : thisYear);
  return `${chosen}-${monthDay}`;
}

function date(monthName: string | undefined, day: string | undefined, yearText: string | undefined): Day {
  const number = months.findIndex((name) => name.startsWith((monthName ?? '').slice(0, 3))) + 1;
  return { kind: 'date', month: number, day: Number(day), year: yearText === undefined ? undefined : Number(yearText) };
}

/** "december third" and "the twenty first" in digits; "20 1st" comes of "twenty first". */
function withOrdinals(words: string): string {
  return words
    .replaceAll(
      new RegExp(String.raw`\b(${ordinals.join('|')})\b(?! (?:of all|thing|time))`, 'g'),
      (word) => `${ordinals.indexOf(word) + 1}th`,
    )
    .replaceAll(/\b(20|30) (\d)th\b/g, (_all, ten: string, one: string) => `${Number(ten) + Number(one)}th`)
    .replaceAll(/\bthirtieth\b/g, '30th');
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
