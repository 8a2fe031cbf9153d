/** What people call zones, beside the names of the cities that IANA knows. */
const names: Readonly<Record<string, string>> = {
  pacific: 'America/Los_Angeles',
  pst: 'America/Los_Angeles',
  pdt: 'America/Los_Angeles',
  pt: 'America/Los_Angeles',
  mountain: 'America/Denver',
  mst: 'America/Denver',
  mdt: 'America/Denver',
  central: 'America/Chicago',
  cst: 'America/Chicago',
  cdt: 'America/Chicago',
  eastern: 'America/New_York',
  est: 'America/New_York',
  edt: 'America/New_York',
  alaska: 'America/Anchorage',
  hawaii: 'Pacific/Honolulu',
  california: 'America/Los_Angeles',
  texas: 'America/Chicago',
  boston: 'America/New_York',
  washington: 'America/New_York',
  miami: 'America/New_York',
  seattle: 'America/Los_Angeles',
  'san francisco': 'America/Los_Angeles',
  'las vegas': 'America/Los_Angeles',
  uk: 'Europe/London',
  british: 'Europe/London',
  gmt: 'Europe/London',
  bst: 'Europe/London',
  irish: 'Europe/Dublin',
  'central european': 'Europe/Berlin',
  cet: 'Europe/Berlin',
  cest: 'Europe/Berlin',
  german: 'Europe/Berlin',
  munich: 'Europe/Berlin',
  french: 'Europe/Paris',
  spanish: 'Europe/Madrid',
  italian: 'Europe/Rome',
  barcelona: 'Europe/Madrid',
  milan: 'Europe/Rome',
  indian: 'Asia/Kolkata',
  ist: 'Asia/Kolkata',
  mumbai: 'Asia/Kolkata',
  delhi: 'Asia/Kolkata',
  nepal: 'Asia/Kathmandu',
  japan: 'Asia/Tokyo',
  japanese: 'Asia/Tokyo',
  jst: 'Asia/Tokyo',
  beijing: 'Asia/Shanghai',
  china: 'Asia/Shanghai',
  utc: 'UTC',
  universal: 'UTC',
};

/** Said without "time" behind them, these still mean a zone. */
const alone = /\b(pacific|eastern|pst|pdt|mst|mdt|cst|cdt|est|edt|gmt|bst|cet|cest|jst|utc)\b/;

/** `america/new_york` and `new york`, each to the zone. */
const cities = new Map(
  [...Intl.supportedValuesOf('timeZone')].flatMap((zone): [string, string][] => {
    const city = zone.slice(zone.lastIndexOf('/') + 1);
    return [
      [zone.toLowerCase(), zone],
      [city.toLowerCase().replaceAll('_', ' '), zone],
    ];
  }),
);

/** The IANA zone that was named: "Pacific", "London time", "in New York time", "Europe/Berlin". Undefined for none. */
export function zoneIn(words: string): string | undefined {
  const iana = /\b[a-z]+\/[a-z_]+(?:\/[a-z_]+)?\b/.exec(words)?.[0];
  const named = iana === undefined ? undefined : cities.get(iana);
  if (named !== undefined) return named;
  for (const [, two = '', one = ''] of words.matchAll(
    /\b(?=([a-z]+ [a-z]+|[a-z]+) time\b)[a-z ]*?\b([a-z]+) time\b/g,
  )) {
    const zone = lookUp(two) ?? lookUp(two.slice(two.indexOf(' ') + 1)) ?? lookUp(one);
    if (zone !== undefined) return zone;
  }
  const short = alone.exec(words)?.[1];
  return short === undefined ? undefined : lookUp(short);
}

function lookUp(name: string): string | undefined {
  const plain = name.replace(/ standard$| daylight$/, '').trim();
  return (Object.hasOwn(names, plain) ? names[plain] : undefined) ?? cities.get(plain);
}
