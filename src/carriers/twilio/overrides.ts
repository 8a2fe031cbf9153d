/**
 * What Twilio's own webhook client is told (twilio.com/docs/usage/webhooks/webhooks-connection-overrides): give a
 * replica two seconds to be reached and four to answer, then ask again, which by then meets another replica. The
 * fragment is neither sent nor signed.
 */
export const WEBHOOK_OVERRIDES = '#ct=2000&rt=4000&rc=3&rp=all';
