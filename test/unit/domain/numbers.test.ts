import { describe, expect, test } from 'vitest';
import {
  allowedCountries,
  chooseFrom,
  countryOf,
  isBrowserNumber,
  mayDial,
  normaliseNumber,
  type OwnNumber,
} from '../../../src/domain/numbers.ts';

const everywhere = { allowedCountries: ['US', 'CA', 'GB', 'DE', 'NP', 'RU', 'FI', 'AU', 'JM'], allowlist: null };

test.each([
  ['+12124567890', '+12124567890'],
  [' +1 (212) 456-7890 ', '+12124567890'],
  ['+44 20.7123.4567', '+442071234567'],
  ['browser:abcdef123456', 'browser:abcdef123456'],
  ['browser:ringback', 'browser:ringback'],
  ['2124567890', undefined],
  ['0012124567890', undefined],
  ['+0123456789', undefined],
  ['+911', undefined],
  ['+1212456789012345', undefined],
  ['+1212456789O', undefined],
  ['+1212456٧890', undefined],
  ['browser:ABC', undefined],
  ['tel:+12124567890', undefined],
  ['', undefined],
])('%j is stored as %j', (text, number) => {
  expect(normaliseNumber(text)).toBe(number);
});

describe('who may be dialled', () => {
  test.each([
    ['+12124567890', 'US'],
    ['+16135550123', 'CA'],
    ['+447400123456', 'GB'],
    ['+9779841234567', 'NP'],
    ['+18005550199', 'US'],
  ])('%s', (text, country) => {
    expect(mayDial(text, everywhere)).toEqual({ ok: true, number: text, country });
  });

  test.each([
    ['premium', '+19005550123', 'not_permitted'],
    ['premium', '+449098790000', 'not_permitted'],
    ['shared cost', '+448451234567', 'not_permitted'],
    ['Inmarsat', '+870773111632', 'not_permitted'],
    ['Iridium', '+881612345678', 'not_permitted'],
    ['international networks', '+882161234567', 'not_permitted'],
    ['international premium', '+979123456789', 'not_permitted'],
    ['emergency', '+1911', 'invalid_number'],
    ['emergency', '911', 'invalid_number'],
    ['emergency', '112', 'invalid_number'],
    ['emergency', '+44999', 'invalid_number'],
    ['short', '+1311', 'invalid_number'],
    ['short', '72727', 'invalid_number'],
    ['no such area', '+19115550123', 'invalid_number'],
    ['too long', '+121245678901', 'invalid_number'],
    ['our own', 'browser:ringback', 'not_permitted'],
    ['words', 'call me', 'invalid_number'],
  ])('not %s: %s', (_kind, text, code) => {
    expect(mayDial(text, everywhere)).toMatchObject({ ok: false, code });
  });

  test('only in the countries that are allowed, within +1 too', () => {
    const america = { allowedCountries: ['US'], allowlist: null };
    expect(mayDial('+16135550123', america)).toMatchObject({ ok: false, code: 'country_not_allowed' });
    expect(mayDial('+18765550123', america)).toMatchObject({ ok: false, code: 'country_not_allowed' });
    expect(mayDial('+12124567890', { ...america, allowedCountries: [] })).toMatchObject({ ok: false });
  });

  test('a browser, whatever the countries', () => {
    expect(mayDial('browser:abcdef123456', { allowedCountries: [], allowlist: null })).toEqual({
      ok: true,
      number: 'browser:abcdef123456',
      country: null,
    });
  });

  test('with an allowlist only who is on it, and not even they where it may never be dialled', () => {
    const allowlist = ['+12124567890', '+19005550123'];
    expect(mayDial('+1 212 456 7890', { ...everywhere, allowlist })).toMatchObject({ ok: true });
    expect(mayDial('+12124567891', { ...everywhere, allowlist })).toMatchObject({ code: 'not_on_allowlist' });
    expect(mayDial('+19005550123', { ...everywhere, allowlist })).toMatchObject({ code: 'not_permitted' });
    expect(mayDial('+12124567890', { ...everywhere, allowlist: [] })).toMatchObject({ code: 'not_on_allowlist' });
  });
});

test('the countries are the policy’s, or else those of the agent’s own numbers', () => {
  const own = [
    { number: '+442071234567' },
    { number: '+12124567890' },
    { number: '+12125550100' },
    { number: 'browser:ringback' },
  ];
  expect(allowedCountries({ allowedCountries: ['NP'] }, own)).toEqual(['NP']);
  expect(allowedCountries({ allowedCountries: [] }, own)).toEqual(['GB', 'US']);
  expect(allowedCountries({ allowedCountries: [] }, [])).toEqual([]);
  expect(countryOf('browser:ringback')).toBeNull();
});

describe('the number to dial from', () => {
  const numbers: OwnNumber[] = [
    { number: '+442071234567', carrier: 'phone', outboundEnabled: true },
    { number: '+12125550100', carrier: 'phone', outboundEnabled: true },
    { number: '+13105550100', carrier: 'phone', outboundEnabled: false },
    { number: 'browser:ringback', carrier: 'browser', outboundEnabled: true },
  ];
  const choose = (callee: string, dialled: string | null, own = numbers): string | undefined =>
    chooseFrom({
      callee,
      dialled,
      numbers: own,
      reaches: (carrier, to) => isBrowserNumber(to) === (carrier === 'browser'),
    })?.number;

  test('is the one that they dialled, where it may dial out', () => {
    expect(choose('+12124567890', '+442071234567')).toBe('+442071234567');
  });

  test('else one of the callee’s country, else any that reaches them', () => {
    expect(choose('+12124567890', '+13105550100')).toBe('+12125550100');
    expect(choose('+12124567890', null)).toBe('+12125550100');
    expect(choose('+4930123456', '+13105550100')).toBe('+442071234567');
  });

  test('reaches the callee', () => {
    expect(choose('browser:abcdef123456', '+12125550100')).toBe('browser:ringback');
    expect(choose('+12124567890', 'browser:ringback')).toBe('+12125550100');
  });

  test('is none where none may', () => {
    const off = numbers.map((own) => ({ ...own, outboundEnabled: false }));
    expect(choose('+12124567890', '+12125550100', off)).toBeUndefined();
    expect(choose('+12124567890', null, [])).toBeUndefined();
  });
});
