import type { LlmMessage } from '../llm.ts';
import { callerWords, outcomesOf, takesTime, text } from './memory.ts';
import { noReason } from './reason-words.ts';
import { refusalOf } from './refusals.ts';
import { isMatter } from './wish.ts';

const MOST_QUOTES = 2;
const MOST_CHARACTERS = 140;

export function asksForSummary(message: LlmMessage | undefined): boolean {
  return message?.role === 'system' && message.text.startsWith('Summarise this call');
}

/** At most three sentences, of what was really said and booked. */
export function summarise(messages: readonly LlmMessage[]): string {
  const said = callerWords(messages).filter((words) => words.trim() !== '');
  const matters = said.filter(isMatter);
  const quotes = (matters.length > 0 ? matters : said).slice(0, MOST_QUOTES).map(quote);
  const first = quotes.length === 0 ? 'The caller said nothing.' : `The caller said ${quotes.join(' and ')}.`;
  const outcomes = outcomesOf(messages).filter(({ name }) => takesTime(name));
  const booked = outcomes.findLast(({ ok }) => ok);
  const last = outcomes.at(-1);
  if (booked === undefined)
    return last === undefined
      ? `${first} Nothing was promised.`
      : `${first} No call back was booked: ${refusalOf(text(last.result?.['error'])).sentence}`;
  const at = text(booked.result?.['local_time']).replace('T', ' ').slice(0, 16);
  const zone = text(booked.result?.['time_zone']);
  const reason = text(booked.args['reason']);
  const about = reason === '' || reason === noReason ? '' : `, about: ${reason}`;
  return `${first} A call back was promised for ${at} (${zone})${about}.`;
}

function quote(words: string): string {
  const plain = words
    .replaceAll('"', "'")
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/[.!]+$/, '');
  return `"${plain.length > MOST_CHARACTERS ? `${plain.slice(0, MOST_CHARACTERS - 1).toWellFormed()}…` : plain}"`;
}
