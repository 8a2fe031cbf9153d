import { createHmac } from 'node:crypto';

/**
 * X-Twilio-Signature as the protocol notes describe it, written apart from the product's so that one checks the other:
 * the URL, then each parameter's name and value in the order of the names.
 */
export function twilioSignature(authToken: string, url: string, form: URLSearchParams = new URLSearchParams()): string {
  let signed = url.split('#')[0] ?? url;
  for (const name of [...new Set(form.keys())].toSorted()) {
    for (const value of [...new Set(form.getAll(name))].toSorted()) signed += name + value;
  }
  return createHmac('sha1', authToken).update(Buffer.from(signed, 'utf8')).digest('base64');
}
