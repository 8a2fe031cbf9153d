import { RingbackError } from '../../errors.ts';
import { defineCarrier } from '../carrier.ts';
import env from './env.ts';

const REAL_API = 'https://api.twilio.com';

/** Twilio: real telephones, once the account's SID and token are set. */
export default defineCarrier({
  name: 'twilio',
  title: 'Twilio',
  env,
  needsHttps: (settings) => settings.TWILIO_ACCOUNT_SID !== undefined && settings.TWILIO_BASE_URL === REAL_API,
  open: async (settings, context) => {
    const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = settings;
    if (accountSid === undefined && authToken === undefined) return undefined;
    if (accountSid === undefined)
      throw new RingbackError('config_invalid', [
        'TWILIO_ACCOUNT_SID: got nothing, wants the SID that belongs to TWILIO_AUTH_TOKEN',
      ]);
    if (authToken === undefined)
      throw new RingbackError('config_invalid', [
        'TWILIO_AUTH_TOKEN: got nothing, wants the token that belongs to TWILIO_ACCOUNT_SID',
      ]);
    const { TwilioCarrier } = await import('./twilio.ts');
    return new TwilioCarrier(
      {
        accountSid,
        authToken,
        baseUrl: settings.TWILIO_BASE_URL,
        callsPerSecond: settings.TWILIO_CALLS_PER_SECOND,
        callsPerSecondPerNumber: settings.TWILIO_CALLS_PER_SECOND_PER_NUMBER,
      },
      context,
    );
  },
});
