import { describe, expect, test } from 'vitest';
import { isSigned } from '../../../../src/carriers/twilio/signature.ts';

const TOKEN = '12345';
const FORM = 'application/x-www-form-urlencoded';

/** Published vectors of Twilio's own SDK, and four computed with it; see the protocol notes. */
const form = new URLSearchParams({
  CallSid: 'CA1234567890ABCDE',
  Caller: '+14158675309',
  Digits: '1234',
  From: '+14158675309',
  To: '+18005551212',
}).toString();

function request(
  url: string,
  signature: string | undefined,
  body = '',
  contentType: string | undefined = body === '' ? undefined : FORM,
) {
  return { url, signature, body: Buffer.from(body), contentType };
}

describe('a webhook that Twilio signed is believed', () => {
  test.each([
    ['a form', request('https://mycompany.com/myapp.php?foo=1&bar=2', 'RSOYDt4T1cUTdK1PDd93/VVr8B8=', form)],
    [
      'a form, signed with the standard port',
      request('https://mycompany.com/myapp.php?foo=1&bar=2', 'kvajT1Ptam85bY51eRf/AJRuM3w=', form),
    ],
    [
      'a form to an own port',
      request('http://mycompany.com:1234/myapp.php?foo=1&bar=2', 'Zmvh+3yNM1Phv2jhDCwEM3q5ebU=', form),
    ],
    [
      'a JSON body, by its hash',
      request(
        'https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620',
        'a9nBmqA0ju/hNViExpshrM61xv4=',
        '{"property": "value", "boolean": true}',
        'application/json',
      ),
    ],
    [
      'a repeated parameter',
      request(
        'https://mycompany.com/myapp.php?foo=1&bar=2',
        'IK+Dwps556ElfBT0I3Rgjkr1wJU=',
        'Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234',
      ),
    ],
    ["a stream's upgrade", request('wss://gw.example.com/twilio/media', 'xOtUNom2O6Ixz0xt8ODDv8MkQUY=')],
    [
      "a stream's upgrade, signed with a slash at the end",
      request('wss://gw.example.com/twilio/media', 'UywbZ+VAu0CMaP+9Bth3u5vAvXQ='),
    ],
    [
      'a GET with a query',
      request('https://gw.example.com/twilio/voice?CallSid=CA1&From=%2B14155550100', 'oNeXIbwwjmlRE+tlW6u8XkGtz+Q='),
    ],
    [
      'names that are not ASCII',
      request(
        'https://gw.example.com/twilio/voice',
        'fFNMVRR5IuWGDdoMsXQ7L/3sJV0=',
        new URLSearchParams({ CallerName: 'Zoë Müller', From: '+49301234567' }).toString(),
      ),
    ],
    [
      'a fragment, which is never sent',
      request('https://mycompany.com/myapp.php?foo=1&bar=2#ct=2000', 'RSOYDt4T1cUTdK1PDd93/VVr8B8=', form),
    ],
  ])('%s', (_name, signed) => {
    expect(isSigned(signed, TOKEN)).toBe(true);
  });
});

describe('a webhook that anybody changed is not', () => {
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  const good = 'RSOYDt4T1cUTdK1PDd93/VVr8B8=';
  test.each([
    ['without a signature', request(url, undefined, form)],
    ['with an empty signature', request(url, '', form)],
    ['a changed parameter', request(url, good, form.replace('1234', '1235'))],
    ['an added parameter', request(url, good, `${form}&Extra=1`)],
    ['another host', request(url.replace('mycompany', 'othercompany'), good, form)],
    ['another scheme', request(url.replace('https', 'http'), good, form)],
    ['another port', request(url.replace('.com', '.com:8443'), good, form)],
    ['another query', request(url.replace('bar=2', 'bar=3'), good, form)],
    ['the form sent as JSON', request(url, good, form, 'application/json')],
    ['a JSON body without its hash', request(url, 'x', '{}', 'application/json')],
    [
      'a JSON body that its hash does not cover',
      request(
        'https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620',
        'a9nBmqA0ju/hNViExpshrM61xv4=',
        '{"property": "other"}',
        'application/json',
      ),
    ],
  ])('%s', (_name, forged) => {
    expect(isSigned(forged, TOKEN)).toBe(false);
  });

  test('the right content under another key', () => {
    expect(isSigned(request(url, good, form), '12346')).toBe(false);
  });
});
