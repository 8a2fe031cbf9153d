const units = [
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen',
  'eighteen nineteen',
].flatMap((words) => words.split(' '));
const tens = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
/** Longer turns are cut: nobody says a time after that many words. */
const MOST_CHARACTERS = 2_000;

/**
 * What somebody said in lower case and single spaces, numbers in digits ("twenty-five" is "25", "four thirty" is
 * "4 30", "ten oh five" is "10 05"), "a.m." as "am", and a full stop kept only inside a number.
 */
export function plainWords(text: string): string {
  const plain = text
    .slice(0, MOST_CHARACTERS)
    .toLowerCase()
    .normalize('NFKC')
    .replaceAll(/[’‘`´]/g, "'")
    .replaceAll(/\b([ap])\.\s?m\b\.?/g, '$1m')
    .replaceAll(/(\d)([ap]m)\b/g, '$1 $2')
    .replaceAll(/(\d),(\d{3})\b/g, '$1$2')
    .replaceAll(/(?<!\d)\.|\.(?!\d)/g, ' . ')
    .replaceAll(/[,;!?"“”()…]/g, ' , ')
    .replaceAll(/([a-z])[-–](?=[a-z])/g, '$1 ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return digits(plain.split(' ')).join(' ');
}

function digits(words: readonly string[]): string[] {
  const said: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const { value, used } = number(words, at);
    if (used === 0) said.push(words[at] ?? '');
    else said.push(value);
    at += Math.max(0, used - 1);
  }
  return said;
}

/** The number that begins there, and how many words it takes; 0 where none begins. */
function number(words: readonly string[], at: number): { value: string; used: number } {
  const word = words[at] ?? '';
  const next = words[at + 1] ?? '';
  // "ten oh five": the minutes of a clock time.
  if ((word === 'oh' || word === 'o') && units.indexOf(next) > 0 && units.indexOf(next) < 10)
    return { value: `0${units.indexOf(next)}`, used: 2 };
  const small = below100(words, at);
  if (small.used === 0 && word === 'a' && next === 'hundred') return hundreds(words, at, 1, 1);
  if (small.used > 0 && words[at + small.used] === 'hundred') return hundreds(words, at, small.value, small.used);
  return { value: String(small.value), used: small.used };
}

function hundreds(words: readonly string[], at: number, count: number, used: number): { value: string; used: number } {
  const afterHundred = used + 1;
  const skip = words[at + afterHundred] === 'and' ? 1 : 0;
  const rest = below100(words, at + afterHundred + skip);
  return rest.used === 0
    ? { value: String(count * 100), used: afterHundred }
    : { value: String(count * 100 + rest.value), used: afterHundred + skip + rest.used };
}

function below100(words: readonly string[], at: number): { value: number; used: number } {
  const word = words[at] ?? '';
  const ten = tens.indexOf(word);
  if (ten >= 0) {
    const unit = units.indexOf(words[at + 1] ?? '');
    return unit > 0 && unit < 10 ? { value: (ten + 2) * 10 + unit, used: 2 } : { value: (ten + 2) * 10, used: 1 };
  }
  const unit = units.indexOf(word);
  return unit < 0 ? { value: 0, used: 0 } : { value: unit, used: 1 };
}
