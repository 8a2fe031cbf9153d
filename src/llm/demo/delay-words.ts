/** A length of time that was said, and where. */
export interface Delay {
  readonly minutes: number;
  /** "in", "within" or "from now" stood beside it: it can only mean a time ahead. */
  readonly ahead: boolean;
  /** Where it stands in the words, with what belongs to it. */
  readonly from: number;
  readonly to: number;
}

const minutesOf: Readonly<Record<string, number>> = { s: 1 / 60, m: 1, h: 60, d: 1440, w: 10_080 };
const unit = String.raw`(seconds?|secs?|minutes?|mins?|hours?|hrs?|h|days?|weeks?)`;
const amount = String.raw`(\d+(?:\.\d+)?|an?|(?:a )?couple(?: of)?)`;
const fraction = String.raw`(half|quarter)`;

/** Ways to say a length, the longest first. Each gives its minutes from its groups. */
const ways: readonly (readonly [RegExp, (...groups: string[]) => number])[] = [
  // three quarters of an hour
  [sticky(String.raw`3 quarters of an? ${unit}`), (u = '') => 0.75 * each(u)],
  // a quarter of an hour, quarter hour
  [sticky(String.raw`(?:an? )?quarter (?:of an? )?${unit}`), (u = '') => 0.25 * each(u)],
  // two and a half hours
  [
    sticky(String.raw`${amount} and an? ${fraction} ${unit}`),
    (n = '', f = '', u = '') => (count(n) + part(f)) * each(u),
  ],
  // an hour and a half
  [
    sticky(String.raw`${amount} ${unit} and an? ${fraction}`),
    (n = '', u = '', f = '') => (count(n) + part(f)) * each(u),
  ],
  // an hour and twenty minutes, 1 hour 20
  [
    sticky(String.raw`${amount} ${unit} (?:and |, )*${amount} ${unit}`),
    (n = '', u = '', n2 = '', u2 = '') => count(n) * each(u) + count(n2) * each(u2),
  ],
  [
    sticky(String.raw`${amount} (?:hours?|hrs?|h) (?:and )?(\d{1,2})(?! ?(?:[ap]m|:|\.|o'clock))`),
    (n = '', m = '') => count(n) * 60 + Number(m),
  ],
  // half an hour, a half hour, half hour
  [sticky(String.raw`(?:a )?half (?:an? )?${unit}`), (u = '') => 0.5 * each(u)],
  // ten minutes, 1.5 hours, a couple of minutes, 90s
  [sticky(String.raw`${amount} ?${unit}`), (n = '', u = '') => count(n) * each(u)],
  [sticky(String.raw`(\d+) ?(s|m|min)`), (n = '', u = '') => Number(n) * each(u)],
];

const before =
  /(?:\b(?:in|within|after|wait|give me|another)(?: (?:about|around|roughly|exactly|just|maybe|like|say|another|the next))*)\s$/;
const notBefore =
  /\b(?:for|every|last|past|since|took|takes|ago|of|than|already)(?: (?:about|the|another|over|almost))*\s$/;

/** Every length in the words that may be a delay; "an hour ago" and "for an hour" are none. */
export function delaysIn(words: string): Delay[] {
  const found: Delay[] = [];
  for (let at = 0; at < words.length; at += 1) {
    if (at > 0 && /[\w.:]/.test(words[at - 1] ?? '')) continue;
    const delay = delayAt(words, at);
    if (delay === undefined) continue;
    if (delay !== 'skip') found.push(delay.delay);
    at = (delay === 'skip' ? at : delay.to) - (delay === 'skip' ? 0 : 1);
  }
  return found;
}

function delayAt(words: string, at: number): { delay: Delay; to: number } | 'skip' | undefined {
  for (const [way, minutes] of ways) {
    way.lastIndex = at;
    const match = way.exec(words);
    if (match === null) continue;
    const to = at + match[0].length;
    const lead = words.slice(0, at);
    const tail = words.slice(to);
    if (/^ ago\b/.test(tail) || notBefore.test(lead)) return 'skip';
    const ahead = before.test(lead) || /^(?:'s?)?(?: (?:from now|time\b|later|hence))/.test(tail);
    return {
      delay: { minutes: minutes(...match.slice(1)), ahead, from: at - (before.exec(lead)?.[0].length ?? 0), to },
      to,
    };
  }
  return undefined;
}

function sticky(source: string): RegExp {
  return new RegExp(`${source}(?![\\w])`, 'y');
}

function each(unitName: string): number {
  return minutesOf[unitName.charAt(0)] ?? 1;
}

function part(name: string): number {
  return name === 'half' ? 0.5 : 0.25;
}

function count(text: string): number {
  if (text === 'a' || text === 'an') return 1;
  return text.includes('couple') ? 2 : Number(text);
}
