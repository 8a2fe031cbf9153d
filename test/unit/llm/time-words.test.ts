import { expect, test } from 'vitest';
import { timeIn, type TimeHeard } from '../../../src/llm/demo/time-words.ts';

/** In short: minutes, or day, time (with a question mark where it could be twelve hours later), zone, vague. */
function heard(text: string, expecting = false): string {
  const time = timeIn(text, { expecting });
  return time === undefined ? '' : inShort(time);
}

function inShort(time: TimeHeard): string {
  const { inMinutes, day, clock, timeZone, vague } = time;
  const two = (number: number): string => String(number).padStart(2, '0');
  return [
    inMinutes === undefined ? '' : `${Number(inMinutes.toFixed(4))} min`,
    day === undefined ? '' : day.kind === 'word' ? day.day : `${day.year ?? '?'}-${two(day.month)}-${two(day.day)}`,
    clock === undefined ? '' : `${two(clock.hour)}:${two(clock.minute)}${clock.ambiguous ? '?' : ''}`,
    timeZone ?? '',
    vague ? 'vague' : '',
  ]
    .filter((word) => word !== '')
    .join(' ');
}

test.each([
  ['Call me back in one minute', '1 min'],
  ['call me back in 1 minute.', '1 min'],
  ['in 90 seconds', '1.5 min'],
  ['in ninety seconds please', '1.5 min'],
  ['ring me in thirty seconds', '0.5 min'],
  ['in 10 seconds', '0.1667 min'],
  ['in half an hour', '30 min'],
  ['in a half hour', '30 min'],
  ['in an hour', '60 min'],
  ['in an hour and a half', '90 min'],
  ['in one and a half hours', '90 min'],
  ['in two and a half hours', '150 min'],
  ['in a quarter of an hour', '15 min'],
  ['in three quarters of an hour', '45 min'],
  ['in an hour and a quarter', '75 min'],
  ['in a couple of minutes', '2 min'],
  ['in a couple of hours', '120 min'],
  ['in twenty-five minutes', '25 min'],
  ['in twenty five minutes', '25 min'],
  ['in a hundred and twenty minutes', '120 min'],
  ['in one hundred minutes', '100 min'],
  ['in an hour and twenty minutes', '80 min'],
  ['in 1 hour 20 minutes', '80 min'],
  ['in 1 hour and 20', '80 min'],
  ['in one minute and thirty seconds', '1.5 min'],
  ['in a minute and a half', '1.5 min'],
  ['in 1.5 hours', '90 min'],
  ['in 10 mins', '10 min'],
  ['in 10min', '10 min'],
  ['in 2 hrs', '120 min'],
  ['in 30s', '0.5 min'],
  ['ten minutes from now', '10 min'],
  ["in ten minutes' time", '10 min'],
  ['in about ten minutes', '10 min'],
  ['in another 5 minutes', '5 min'],
  ['within the next 20 minutes', '20 min'],
  ['after twenty minutes', '20 min'],
  ['ten minutes later', '10 min'],
  ['in two days', '2880 min'],
  ['in a week', '10080 min'],
  ['in 0 minutes', '0 min'],
  ['in ten, no, twenty minutes', '20 min'],
  ['in ten minutes, actually make it twenty minutes', '20 min'],
  ['actually make it twenty minutes', '20 min'],
  ['make that half an hour', '30 min'],
  ['please call me back in 1,000 minutes', '1000 min'],
])('%j is a delay', (text, expected) => expect(heard(text)).toBe(expected));

test.each([
  ['tomorrow at 4', 'tomorrow 16:00?'],
  ['at 4 pm', '16:00'],
  ['at 4pm', '16:00'],
  ['at 4 p.m.', '16:00'],
  ['at 4:30 p.m. tomorrow', 'tomorrow 16:30'],
  ['at four thirty', '16:30?'],
  ['at half past three', '15:30?'],
  ['at half three', '15:30?'],
  ['quarter to five', '16:45?'],
  ['a quarter past nine', '09:15?'],
  ['at quarter to one', '12:45'],
  ['at ten to five', '16:50?'],
  ['at twenty past six', '18:20?'],
  ['at noon', '12:00'],
  ['at 12', '12:00'],
  ['at midnight', '00:00'],
  ['tonight at midnight', '00:00'],
  ['tomorrow at midnight', 'tomorrow 00:00'],
  ['at 12 am', '00:00'],
  ['at 12 pm', '12:00'],
  ['at 16:30', '16:30'],
  ['at 04:30', '04:30'],
  ['at 9:05', '09:05?'],
  ['at ten oh five', '10:05?'],
  ["at four o'clock", '16:00?'],
  ['at 8', '08:00?'],
  ['at 7', '19:00?'],
  ['at seven in the morning', '07:00'],
  ['at nine in the evening', '21:00'],
  ['tonight at 11', 'today 23:00'],
  ['at 2 at night', '02:00'],
  ['at 0900', '09:00'],
  ['1630 hours', '16:30'],
  ['on Friday at 9:30', 'friday 09:30?'],
  ['Friday 9:30 am', 'friday 09:30'],
  ['next Monday at ten', 'monday 10:00?'],
  ['Monday morning at 10', 'monday 10:00'],
  ['on fri at 3', 'friday 15:00?'],
  ['on December 3rd at 10', '?-12-03 10:00?'],
  ['on the 3rd of December at 10', '?-12-03 10:00?'],
  ['on december third at 10 am', '?-12-03 10:00'],
  ['December twenty first at noon', '?-12-21 12:00'],
  ['3 Dec 2026 at 15:00', '2026-12-03 15:00'],
  ['on 2026-12-03 at 10:00', '2026-12-03 10:00?'],
  ['today at 5', 'today 17:00?'],
  ['this evening at 8', 'today 20:00'],
  ['at 4 pm Pacific', '16:00 America/Los_Angeles'],
  ['4 pm Pacific time', '16:00 America/Los_Angeles'],
  ['tomorrow at 9 London time', 'tomorrow 09:00? Europe/London'],
  ['at 5 pm New York time', '17:00 America/New_York'],
  ['at 15:00 UTC', '15:00 UTC'],
  ['at 10 am eastern standard time', '10:00 America/New_York'],
  ['at 10:00 Europe/Berlin', '10:00? Europe/Berlin'],
  ['at 3, no, at 4 pm', '16:00'],
  ['around 4', '16:00?'],
  ['tomorrow, 4', 'tomorrow 16:00?'],
])('%j is a time of day', (text, expected) => expect(heard(text)).toBe(expected));

test.each([
  ['after lunch', 'vague'],
  ['call me back later', 'vague'],
  ['this evening', 'today vague'],
  ['next Monday morning', 'monday vague'],
  ['tomorrow', 'tomorrow'],
  ['tomorrow afternoon', 'tomorrow vague'],
  ['sometime next week', 'vague'],
  ['in a few minutes', 'vague'],
  ['in a while', 'vague'],
  ['as soon as possible', 'vague'],
  ['right now', 'vague'],
  ['the day after tomorrow at 4', '16:00? vague'],
  ['on 12/3', 'vague'],
  ['at 25:00', 'vague'],
  ['at 4:75', 'vague'],
  ['before 5', 'vague'],
])('%j is asked about, not guessed', (text, expected) => expect(heard(text)).toBe(expected));

test.each([
  ['I called an hour ago'],
  ['I waited for 20 minutes'],
  ['My order number is 12345'],
  ['I have 2 children'],
  ['it costs 20 dollars'],
  ['my name is Anna'],
  ['hello'],
  [''],
  ['Can you hear me?'],
  ['that took 20 minutes'],
  ['I want one of those'],
  ['version 4.30'],
  ['what is the time'],
])('%j says nothing of a time', (text) => expect(heard(text)).toBe(''));

test.each([
  ['ten minutes', '10 min'],
  ['twenty', '20:00'],
  ['4', '16:00?'],
  ['four thirty', '16:30?'],
  ['4 30', '16:30?'],
  ['half an hour', '30 min'],
  ['an hour', '60 min'],
  ['ten', '10:00?'],
  ['Friday', 'friday'],
])('%j is a time where one was asked for', (text, expected) => expect(heard(text, true)).toBe(expected));

test('a novel and noise do not hang or break it', () => {
  for (const noise of [
    'at '.repeat(5000),
    '1 '.repeat(5000),
    'a quarter of an hour and '.repeat(400),
    '🙂'.repeat(999),
    '\u0000',
  ])
    expect(() => timeIn(noise, { expecting: true })).not.toThrow();
});
