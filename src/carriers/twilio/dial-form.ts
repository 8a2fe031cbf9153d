import type { DialRequest } from '../carrier.ts';
import { WEBHOOK_OVERRIDES } from './overrides.ts';

/** The form of a create-call request (twilio.com/docs/voice/api/call-resource#create-a-call-resource). */
export function dialForm(request: DialRequest, publicUrl: string): URLSearchParams {
  const { attemptId } = request;
  // Nothing of ours is stored with a call, so the URLs carry it: any webhook of the call names its attempt.
  const origin = `?callback=${request.callbackId}&n=${request.attemptNumber}`;
  const url = (what: string): string =>
    `${publicUrl}/carriers/twilio/${what}/${attemptId}${origin}${WEBHOOK_OVERRIDES}`;
  const form = new URLSearchParams({
    To: request.to,
    From: request.from,
    Url: url('answer'),
    Method: 'POST',
    StatusCallback: url('status'),
    StatusCallbackMethod: 'POST',
    Timeout: String(request.ringTimeoutSeconds),
  });
  for (const event of ['initiated', 'ringing', 'answered', 'completed']) form.append('StatusCallbackEvent', event);
  if (request.machineDetection === 'off') return form;
  form.set('MachineDetection', request.machineDetection === 'detect' ? 'Enable' : 'DetectMessageEnd');
  // Otherwise the callee would hear silence until Twilio has made up its mind.
  form.set('AsyncAmd', 'true');
  form.set('AsyncAmdStatusCallback', url('amd'));
  form.set('AsyncAmdStatusCallbackMethod', 'POST');
  return form;
}
