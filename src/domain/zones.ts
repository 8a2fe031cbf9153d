import { zoneData } from './zone-data.ts';

/** Prefixes are looked up from the longest; none is longer. */
const LONGEST_PREFIX = 11;

let zonesByPrefix: Map<string, readonly string[]> | undefined;

/**
 * The IANA zones in which a number may be, by its longest known prefix; empty where nothing is known (and for the
 * browser's numbers). Mobile and ported numbers lie: it is a set to ask about, not an answer.
 */
export function candidateZones(number: string): readonly string[] {
  const digits = /^\+(\d{4,15})$/.exec(number)?.[1];
  if (digits === undefined) return [];
  zonesByPrefix ??= parse();
  for (let length = Math.min(LONGEST_PREFIX, digits.length); length > 0; length -= 1) {
    const zones = zonesByPrefix.get(digits.slice(0, length));
    if (zones !== undefined) return zones;
  }
  return [];
}

/** Whether this is an IANA zone that can be computed with. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(zone)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

function parse(): Map<string, readonly string[]> {
  const map = new Map<string, readonly string[]>();
  for (const line of zoneData.split('\n')) {
    const [zones = '', ...prefixes] = line.split(' ');
    const set = zones.split('&');
    for (const prefix of prefixes) map.set(prefix, set);
  }
  return map;
}
