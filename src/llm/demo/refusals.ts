/** What a person is told when a booking was refused, and whether another time could help. */
export interface Refusal {
  readonly sentence: string;
  readonly anotherTime: boolean;
}

/** Refusals that no other time cures, in words for the person. */
const forGood: readonly (readonly [RegExp, string])[] = [
  [/hides? their number/i, "I can't call you back, because your number is hidden from me."],
  [
    /list of numbers that we never call/i,
    "I can't call you back: your number is on our list of numbers that we never call.",
  ],
  [/no call back open/i, 'There is no call back planned for you.'],
  [/no call back with that/i, "I can't find that call back."],
  [/this very call/i, 'This is that very call, and nothing else is planned.'],
  [
    /being dialled at this very moment/i,
    "I can't change it any more: that call to you is on its way at this very moment.",
  ],
  [/may not be called/i, "I can't call you back on this number."],
  [/only call them back on the number/i, 'I can only call you back on the number that you are calling from.'],
];

/** Sentences that tell the model what to do are for it alone. */
const forTheModel = /^(?:Ask|Tell|Offer|Use|Give|Call|Leave|Say|Send|Do not|Never|If)\b/;

/** The tool's sentence for the model, as a sentence for the person. */
export function refusalOf(error: string): Refusal {
  const final = forGood.find(([pattern]) => pattern.test(error))?.[1];
  if (final !== undefined) return { sentence: final, anotherTime: false };
  const sentences = error
    .replaceAll(/\([^)]*\)/g, '')
    .split(/(?<=[.!?])\s+/)
    .map((sentence) => sentence.replaceAll(/\s+([.,])/g, '$1').trim())
    .filter(
      (sentence) => sentence !== '' && !forTheModel.test(sentence) && !/in_minutes|HH:mm|YYYY|IANA|`/.test(sentence),
    );
  return { sentence: sentences.join(' ') || "I didn't get the time.", anotherTime: true };
}
