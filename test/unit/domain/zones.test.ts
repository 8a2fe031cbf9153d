import { expect, test } from 'vitest';
import { zoneData } from '../../../src/domain/zone-data.ts';
import { candidateZones, isZone } from '../../../src/domain/zones.ts';

test.each([
  ['+12124567890', ['America/New_York']],
  ['+14155550123', ['America/Los_Angeles']],
  ['+16025550123', ['America/Phoenix']],
  ['+442071234567', ['Europe/London']],
  ['+447911123456', ['Europe/Guernsey', 'Europe/Isle_of_Man', 'Europe/London']],
  ['+9779841234567', ['Asia/Katmandu']],
  ['+74951234567', ['Europe/Moscow']],
  ['+74212123456', ['Asia/Vladivostok']],
])('%s may be in %j', (number, zones) => {
  expect(candidateZones(number)).toEqual(zones);
});

test('a number of a country with many zones, and no place, may be in all of them', () => {
  expect(candidateZones('+18005550199')).toEqual(expect.arrayContaining(['America/New_York', 'Pacific/Honolulu']));
  expect(candidateZones('+19005550199').length).toBeGreaterThan(30);
});

test.each(['browser:abcdef123456', '12124567890', '+1', '+1212456789012345', '+999123456789', '', '+1 212 456 7890'])(
  'nothing is known of %j',
  (number) => {
    expect(candidateZones(number)).toEqual([]);
  },
);

test('every zone in the data can be computed with, and no prefix is longer than what is looked up', () => {
  const lines = zoneData.split('\n').map((line) => line.split(' '));
  expect(lines.flatMap(([zones = '']) => zones.split('&')).filter((zone) => !isZone(zone))).toEqual([]);
  expect(lines.flatMap(([, ...prefixes]) => prefixes).filter((prefix) => !/^\d{1,11}$/.test(prefix))).toEqual([]);
});

test('a zone has a name, not an offset', () => {
  expect(['UTC', 'Asia/Kathmandu', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'].filter(isZone)).toHaveLength(4);
  expect(['+05:00', 'Z ', 'Mars/Phobos', '', 'x'.repeat(100)].filter(isZone)).toEqual([]);
});
