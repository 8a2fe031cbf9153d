/** Our names (the first is the default), and espeak-ng's where they differ. */
const voices: Readonly<Record<string, string>> = {
  'en-us': 'en-us',
  'en-gb': 'en-gb-x-rp',
  de: 'de',
  fr: 'fr',
  es: 'es',
  'es-419': 'es-419',
  it: 'it',
  pt: 'pt',
  'pt-br': 'pt-br',
  nl: 'nl',
  pl: 'pl',
  sv: 'sv',
  da: 'da',
  nb: 'nb',
  fi: 'fi',
  cs: 'cs',
  hu: 'hu',
  ro: 'ro',
  el: 'el',
  tr: 'tr',
  uk: 'uk',
  ru: 'ru',
  ar: 'ar',
  hi: 'hi',
  id: 'id',
  vi: 'vi',
  ja: 'ja',
  ko: 'ko',
  cmn: 'cmn',
};

const fallback = 'en-us';

/** What BCP 47 calls otherwise, or where one voice serves several regions. */
const also: Readonly<Record<string, string>> = {
  'en-au': 'en-gb',
  'en-ie': 'en-gb',
  'en-in': 'en-gb',
  'en-nz': 'en-gb',
  'en-za': 'en-gb',
  'es-mx': 'es-419',
  'es-us': 'es-419',
  no: 'nb',
  nn: 'nb',
  zh: 'cmn',
};

export const voiceNames: readonly string[] = Object.keys(voices);

/** The voice of a BCP 47 language: that of the region, else of the language, else the default. */
export function voiceFor(language: string): string {
  const tag = language.toLowerCase();
  const [base = ''] = tag.split('-', 1);
  for (const name of [tag, base]) {
    const voice = also[name] ?? name;
    if (Object.hasOwn(voices, voice)) return voice;
  }
  return fallback;
}

/** espeak-ng's name of a voice; an unknown one is spoken by the default. */
export function espeakName(voice: string): string {
  return (Object.hasOwn(voices, voice) ? voices[voice] : undefined) ?? fallback;
}
