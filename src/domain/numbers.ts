import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** Our own end of every call with the softphone. */
export const BROWSER_NUMBER = 'browser:ringback';
const BROWSER_LINE = /^browser:[a-z0-9]{8,32}$/;

/** Types of number that nobody is ever called on: they cost the caller, or are no person. */
const neverDialled: ReadonlySet<string> = new Set(['PREMIUM_RATE', 'SHARED_COST', 'UAN', 'PAGER']);
/** Satellite and international shared networks: +870, +878, +881, +882, +883, +888, +979. */
const NO_COUNTRY = /^\+(87[08]|88[1238]|979)/;

export type NumberRefusal = 'invalid_number' | 'not_permitted' | 'country_not_allowed' | 'not_on_allowlist';
export type NumberVerdict =
  | { readonly ok: true; readonly number: string; readonly country: string | null }
  | { readonly ok: false; readonly code: NumberRefusal; readonly reason: string };

export interface DialRules {
  /** ISO 3166 alpha-2. */
  readonly allowedCountries: readonly string[];
  /** Only these are dialled; null is all. */
  readonly allowlist: readonly string[] | null;
}

export function isBrowserNumber(number: string): boolean {
  return number === BROWSER_NUMBER || BROWSER_LINE.test(number);
}

/** E.164, or a browser's number, as it is stored; undefined for anything else. Strict: nothing is guessed. */
export function normaliseNumber(text: string): string | undefined {
  const trimmed = text.trim();
  if (isBrowserNumber(trimmed)) return trimmed;
  const compact = trimmed.replaceAll(/[ ().-]/g, '');
  return /^\+[1-9]\d{6,14}$/.test(compact) ? compact : undefined;
}

/** Countries that were asked for lately: those of our own numbers are, with every dial. */
const countries = new Map<string, string | null>();
const MOST_COUNTRIES = 1_000;

/** The country of a number; null for a browser's and for networks of no country. */
export function countryOf(number: string): string | null {
  if (isBrowserNumber(number)) return null;
  const known = countries.get(number);
  if (known !== undefined) return known;
  const country = parsePhoneNumberFromString(number)?.country ?? null;
  const oldest = countries.size >= MOST_COUNTRIES ? countries.keys().next().value : undefined;
  if (oldest !== undefined) countries.delete(oldest);
  countries.set(number, country);
  return country;
}

/**
 * Whether this number may ever be dialled. Numbers whose type nobody knows may; premium, shared-cost, satellite, short
 * and emergency numbers never.
 */
export function mayDial(text: string, rules: DialRules): NumberVerdict {
  const number = normaliseNumber(text);
  if (number === undefined) return refuse('invalid_number', 'it is not a full international number');
  if (number === BROWSER_NUMBER) return refuse('not_permitted', 'it is our own number');
  if (rules.allowlist !== null && !rules.allowlist.includes(number))
    return refuse('not_on_allowlist', 'it is not on the list of numbers that may be dialled here');
  if (isBrowserNumber(number)) return { ok: true, number, country: null };
  if (NO_COUNTRY.test(number))
    return refuse('not_permitted', 'satellite and shared international networks are never dialled');
  const parsed = parsePhoneNumberFromString(number);
  if (parsed === undefined || !parsed.isPossible()) return refuse('invalid_number', 'no country has such a number');
  const type = parsed.getType();
  if (type !== undefined && neverDialled.has(type))
    return refuse('not_permitted', 'premium and shared-cost numbers are never dialled');
  if (!parsed.isValid()) return refuse('invalid_number', 'no country has such a number');
  const country = parsed.country ?? null;
  if (country === null || !rules.allowedCountries.includes(country))
    return refuse('country_not_allowed', 'calls to this country are not allowed');
  return { ok: true, number, country };
}

/** One of our numbers, as far as the choice of the number to dial from goes. */
export interface OwnNumber {
  readonly number: string;
  readonly carrier: string;
  readonly outboundEnabled: boolean;
}

/** The countries that may be dialled: the policy's, or those of the agent's own numbers. */
export function allowedCountries(
  policy: { readonly allowedCountries: readonly string[] },
  own: readonly Pick<OwnNumber, 'number'>[],
): string[] {
  if (policy.allowedCountries.length > 0) return [...policy.allowedCountries];
  return [...new Set(own.map(({ number }) => countryOf(number)).filter((country) => country !== null))];
}

/**
 * The number to dial from: the one that the caller had dialled where it may dial out, else another of the agent's that
 * can reach the callee, one of the same country first. Undefined where none can.
 */
export function chooseFrom(input: {
  readonly callee: string;
  readonly dialled: string | null;
  readonly numbers: readonly OwnNumber[];
  readonly reaches: (carrier: string, callee: string) => boolean;
}): OwnNumber | undefined {
  const able = input.numbers.filter((own) => own.outboundEnabled && input.reaches(own.carrier, input.callee));
  const country = countryOf(input.callee);
  return (
    able.find((own) => own.number === input.dialled) ??
    able.find((own) => country !== null && countryOf(own.number) === country) ??
    able.find(() => true)
  );
}

function refuse(code: NumberRefusal, reason: string): NumberVerdict {
  return { ok: false, code, reason };
}
