import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import env from '../../../../src/carriers/twilio/env.ts';
import { TwilioRest } from '../../../../src/carriers/twilio/rest.ts';

/*
 * The requests as they leave for the real Twilio: https, its host, its paths. Caught on their way out, since the fakes
 * on loopback can't show what the default base URL leads to.
 */
const ACCOUNT = `AC${'0123456789abcdef'.repeat(2)}`;
const API = `https://api.twilio.com/2010-04-01/Accounts/${ACCOUNT}`;
const server = setupServer();

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const rest = () =>
  new TwilioRest({ baseUrl: env.TWILIO_BASE_URL.parse(undefined), accountSid: ACCOUNT, authToken: 'the-auth-token' });
const signal = new AbortController().signal;

test('a look-up goes to the account at the default host, with its SID and token', async () => {
  const asked: { url: string; authorization: string | null }[] = [];
  server.use(
    http.get(`${API}/Calls.json`, ({ request }) => {
      asked.push({ url: request.url, authorization: request.headers.get('authorization') });
      return HttpResponse.json({ calls: [] });
    }),
  );
  const answer = await rest().ask({ method: 'GET', path: '/Calls.json?To=%2B12025550143', signal });
  expect(answer).toMatchObject({ status: 200, body: { calls: [] } });
  expect(asked).toEqual([
    {
      url: `${API}/Calls.json?To=%2B12025550143`,
      authorization: `Basic ${Buffer.from(`${ACCOUNT}:the-auth-token`).toString('base64')}`,
    },
  ]);
});

test('what Twilio says of a full queue comes with how long to wait', async () => {
  server.use(
    http.post(`${API}/Calls.json`, () =>
      HttpResponse.json({ code: 20_429, status: 429 }, { status: 429, headers: { 'retry-after': '7' } }),
    ),
  );
  const outcome = await rest().send({ method: 'POST', path: '/Calls.json', form: new URLSearchParams(), signal });
  expect(outcome).toMatchObject({
    kind: 'answered',
    answer: { status: 429, retryAfterSeconds: 7, body: { code: 20_429 } },
  });
});

test('an answer that is no JSON is an answer all the same', async () => {
  server.use(http.get(`${API}/Calls/CA1.json`, () => HttpResponse.text('<html>', { status: 404 })));
  expect(await rest().ask({ method: 'GET', path: '/Calls/CA1.json', signal })).toMatchObject({
    status: 404,
    body: null,
  });
});
