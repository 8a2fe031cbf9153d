/* What a call back is about, in the third person for the operator's eyes, and in the second to the person's ears. */

/** What stands as the reason where nobody named one. */
export const noReason = 'they asked to be called back';
const quoteLead = 'they said: ';
const MOST_CHARACTERS = 160;

const about =
  /\b(?:about|regarding|concerning|because of|with regard to|to discuss)\s+(?!(?:it|that|this|what|you)\b)([^.,;!?\n]+)/gi;
/** Where the reason ends and the wish goes on. */
const tail =
  /\s+(?:(?:in|at|after|around|within|by) (?:about )?(?:\d|an?\b|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|ninety|half|quarter|noon|midnight|lunch|the (?:morning|afternoon|evening))|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|today|later|next |this (?:morning|afternoon|evening)|please|thanks|thank you|(?:and |so |but |can you |could you |would you )?(?:call|ring|phone) me|(?:and |so )?(?:can|could|would) you)\b.*$/i;

/** What they said it is about; undefined where they did not. */
export function reasonIn(said: string): string | undefined {
  for (const match of said.slice(0, 2_000).matchAll(about)) {
    const found = (match[1] ?? '').replace(tail, '').trim();
    if (
      /[\p{L}\p{N}]{2}/u.test(found) &&
      !/^(?:\d|an? (?:minute|hour|moment)|half|(?:one|two|five|ten|twenty|thirty) )/i.test(found)
    )
      return cut(thirdPerson(found));
  }
  return undefined;
}

/** Their own words as the reason. */
export function quoted(said: string): string {
  return `${quoteLead}"${cut(said.replaceAll('"', "'").trim())}"`;
}

/** How the reason is mentioned to the person: ", about your invoice". Empty where there is none worth mentioning. */
export function mention(reason: string | undefined): string {
  if (reason === undefined || reason === noReason || reason.trim() === '') return '';
  if (reason.startsWith(quoteLead)) return `, because you said: ${reason.slice(quoteLead.length)}`;
  return `, about ${secondPerson(reason.trim().replace(/[.!?]+$/, ''))}`;
}

/** Their name, if they said it. */
export function nameIn(said: string): string | undefined {
  const word = String.raw`[\p{Lu}][\p{L}'’-]+`;
  const sure = new RegExp(
    String.raw`\b(?:my name is|my name's|the name is|ask for)\s+([\p{L}][\p{L}'’-]*(?:\s+${word})?)`,
    'iu',
  ).exec(said)?.[1];
  const named =
    sure ??
    new RegExp(
      String.raw`\b(?:[Tt]his is|I am|I'm|[Ii]t's|[Ii]t is)\s+(${word}(?:\s+${word})?)(?=[\s.,!?]|$)`,
      'u',
    ).exec(said)?.[1];
  return named === undefined ? undefined : named.replaceAll(/(?<=^|\s)\p{Ll}/gu, (letter) => letter.toUpperCase());
}

function thirdPerson(words: string): string {
  return replaceWords(words, {
    my: 'their',
    mine: 'theirs',
    our: 'their',
    ours: 'theirs',
    me: 'them',
    us: 'them',
    i: 'they',
    we: 'they',
    "i'm": 'they are',
    "we're": 'they are',
    "i've": 'they have',
    "we've": 'they have',
    am: 'are',
    myself: 'themselves',
    your: 'our',
    yours: 'ours',
    you: 'us',
  });
}

function secondPerson(words: string): string {
  return replaceWords(words, {
    their: 'your',
    theirs: 'yours',
    them: 'you',
    they: 'you',
    "they're": 'you are',
    themselves: 'yourself',
    my: 'your',
    our: 'our',
    us: 'us',
  });
}

function replaceWords(words: string, by: Readonly<Record<string, string>>): string {
  return words.replaceAll(/[\p{L}'’]+/gu, (word) => {
    const key = word.toLowerCase().replaceAll('’', "'");
    return Object.hasOwn(by, key) ? (by[key] ?? word) : word;
  });
}

function cut(words: string): string {
  return words.length > MOST_CHARACTERS ? `${words.slice(0, MOST_CHARACTERS - 1).toWellFormed()}…` : words;
}
