import { z } from 'zod';
import { baseUrl, variable, wholeNumber } from '../../env.ts';

export default {
  TWILIO_ACCOUNT_SID: variable(
    z
      .string()
      .regex(/^AC[0-9a-fA-F]{32}$/)
      .optional(),
    'Account SID of Twilio; with TWILIO_AUTH_TOKEN it switches the carrier on.',
    { wants: 'AC and 32 hexadecimal digits' },
  ),
  TWILIO_AUTH_TOKEN: variable(
    z.string().min(16).optional(),
    'The primary auth token of that account: it signs webhooks, so an API key does not do.',
    { wants: 'the auth token of the account', secret: true },
  ),
  TWILIO_BASE_URL: variable(baseUrl().default('https://api.twilio.com'), "Where Twilio's API is.", {
    wants: 'an http(s) URL',
    example: 'https://api.twilio.com',
  }),
  TWILIO_CALLS_PER_SECOND: variable(
    wholeNumber(0, 1_000).default(1),
    "Calls that may be begun in a second, over all replicas: the account's own limit. 0 is no limit.",
    { wants: 'a whole number from 0 to 1000', example: '1' },
  ),
  TWILIO_CALLS_PER_SECOND_PER_NUMBER: variable(
    wholeNumber(0, 1_000).default(0),
    'Calls that may be begun in a second from each number, over all replicas, within the limit above. 0, as without it, is no limit.',
    { wants: 'a whole number from 0 to 1000', example: '1' },
  ),
};
