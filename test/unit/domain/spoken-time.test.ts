import { describe, expect, test } from 'vitest';
import { speakTime, zoneName } from '../../../src/domain/spoken-time.ts';

/** Tuesday, 24 November 2026, 10:00 in New York. */
const NOW = Temporal.Instant.from('2026-11-24T15:00:00Z');

describe('a time as it is said', () => {
  const say = (iso: string, zone = 'America/New_York', language = 'en-US', sayZone = false, now = NOW): string =>
    speakTime(Temporal.Instant.from(iso), zone, now, language, sayZone);

  test.each([
    ['2026-11-24T15:00:20Z', 'in 20 seconds, at 10:00 AM'],
    ['2026-11-24T15:00:00Z', 'in 1 second, at 10:00 AM'],
    ['2026-11-24T15:01:00Z', 'in 1 minute, at 10:01 AM'],
    ['2026-11-24T15:01:30Z', 'in 90 seconds, at 10:01 AM'],
    ['2026-11-24T15:30:00Z', 'in 30 minutes, at 10:30 AM'],
    ['2026-11-24T15:59:50Z', 'in 1 hour, at 10:59 AM'],
    ['2026-11-24T16:30:00Z', 'in 1 hour and 30 minutes, at 11:30 AM'],
    ['2026-11-24T17:00:00Z', 'today at 12:00 PM'],
    ['2026-11-25T05:00:00Z', 'tomorrow at 12:00 AM'],
    ['2026-11-25T21:00:00Z', 'tomorrow at 4:00 PM'],
    ['2026-12-01T14:00:00Z', 'on Tuesday, December 1 at 9:00 AM'],
  ])('%s', (iso, said) => {
    expect(say(iso)).toBe(said);
  });

  test('just past midnight the delay tells enough', () => {
    const late = Temporal.Instant.from('2026-11-25T04:45:00Z');
    expect(say('2026-11-25T05:15:00Z', 'America/New_York', 'en-US', false, late)).toBe('in 30 minutes, at 12:15 AM');
  });

  test('in quarters of an hour, where the zone has them', () => {
    expect(say('2026-11-24T17:00:00Z', 'Asia/Kathmandu')).toBe('today at 10:45 PM');
  });

  test('with the zone where it was chosen for them', () => {
    expect(say('2026-11-26T00:00:00Z', 'America/Los_Angeles', 'en-US', true)).toBe('tomorrow at 4:00 PM Pacific Time');
    expect(zoneName(NOW, 'Asia/Kathmandu', 'en-US')).toBe('Nepal Time');
  });

  test.each([
    ['de-DE', '2026-11-24T15:30:00Z', 'in 30 Minuten, um 10:30 Uhr,'],
    ['de-DE', '2026-11-24T20:45:00Z', 'heute um 15:45 Uhr'],
    ['de-AT', '2026-11-25T21:00:00Z', 'morgen um 16:00 Uhr'],
    ['de', '2026-12-01T14:00:00Z', 'am Dienstag, 1. Dezember, um 09:00 Uhr'],
    ['es-ES', '2026-11-24T16:15:00Z', 'dentro de 1 hora y 15 minutos, a las 11:15'],
    ['es-ES', '2026-11-25T06:05:00Z', 'mañana a la 1:05'],
    ['es-ES', '2026-11-24T18:05:00Z', 'hoy a las 13:05'],
    ['es-MX', '2026-11-24T18:05:00Z', 'hoy a la 1:05 p.m.'],
    ['es-MX', '2026-12-01T17:00:00Z', 'el martes, 1 de diciembre, a las 12:00 p.m.'],
    ['fr-FR', '2026-11-24T15:01:00Z', 'dans 1 minute, à 10:01'],
    ['fr-FR', '2026-11-24T20:45:00Z', 'aujourd’hui à 15:45'],
    ['fr-CA', '2026-11-25T21:00:00Z', 'demain à 16 h 00'],
    ['fr', '2026-12-01T14:00:00Z', 'le mardi 1er décembre à 09:00'],
    ['fr', '2026-12-11T14:00:00Z', 'le vendredi 11 décembre à 09:00'],
    ['en-GB', '2026-12-01T14:00:00Z', 'on Tuesday 1 December at 09:00'],
  ])('in %s, %s is "%s"', (language, iso, said) => {
    expect(say(iso, 'America/New_York', language)).toBe(said);
  });

  test.each([
    ['de', 'morgen um 16:00 Uhr (Nordamerikanische Westküstenzeit)'],
    ['es', 'mañana a las 16:00, hora del Pacífico'],
    ['fr', 'demain à 16:00, heure du Pacifique nord-américain'],
  ])('with the zone as it is called in %s', (language, said) => {
    expect(say('2026-11-26T00:00:00Z', 'America/Los_Angeles', language, true)).toBe(said);
  });

  test('wholly in English where the words of the language are not shipped', () => {
    expect(say('2026-11-25T21:00:00Z', 'America/New_York', 'ja-JP')).toBe('tomorrow at 4:00 PM');
  });

  test('in English where the language is none, rather than not at all', () => {
    expect(say('2026-11-24T20:45:00Z', 'America/New_York', 'no such language')).toBe('today at 3:45 PM');
  });
});
