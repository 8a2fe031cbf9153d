import { RingbackError } from '../../errors.ts';
import type { CarrierEvent, CarrierRequest, CarrierWebhooks, DialOrigin } from '../carrier.ts';
import { progressOf, verdictOf } from './outcomes.ts';
import { isSigned } from './signature.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Twilio's webhooks: the inbound call, the answer of a dial, progress, machine detection, and the end of a stream.
 * Pure: signature and form in, events out.
 */
export function openTwilioWebhooks(options: { authToken: string; accountSid: string }): CarrierWebhooks {
  return {
    routes: [
      { method: 'POST', path: '/voice' },
      { method: 'POST', path: '/answer/:attemptId' },
      { method: 'POST', path: '/status/:attemptId' },
      { method: 'POST', path: '/status' },
      { method: 'POST', path: '/amd/:attemptId' },
      { method: 'POST', path: '/resume/:callId' },
    ],
    verify: (request) =>
      isSigned(
        {
          url: request.url,
          contentType: text(request.headers['content-type']),
          body: request.rawBody,
          signature: text(request.headers['x-twilio-signature']),
        },
        options.authToken,
      ) && new URLSearchParams(request.rawBody.toString('utf8')).get('AccountSid') === options.accountSid,
    parse: (request) => {
      const event = eventOf(request, new URLSearchParams(request.rawBody.toString('utf8')));
      return event === undefined ? [] : [event];
    },
  };
}

function eventOf(request: CarrierRequest, form: URLSearchParams): CarrierEvent | undefined {
  const carrierCallId = required(form, 'CallSid');
  const attemptId = idOf(request.params['attemptId']);
  switch (request.route) {
    case '/voice':
      return {
        type: 'inbound',
        carrierCallId,
        from: callerOf(form),
        to: required(form, 'To'),
        attestation: attestationOf(form.get('StirVerstat')),
      };
    case '/answer/:attemptId':
      return { type: 'answered', attemptId, carrierCallId, ...originOf(request, form) };
    case '/amd/:attemptId':
      return { type: 'verdict', attemptId, carrierCallId, verdict: verdictOf(required(form, 'AnsweredBy')) };
    case '/resume/:callId':
      return {
        type: 'stream_over',
        callId: idOf(request.params['callId']),
        carrierCallId,
        callOver: isOver(form.get('CallStatus')),
      };
    default:
      return progress(request, form, carrierCallId, request.route === '/status' ? null : attemptId);
  }
}

function isOver(status: string | null): boolean {
  return typeof progressOf({ status: status ?? '', sipResponse: null, errorCode: null }) === 'object';
}

/** A status that is not known says nothing, and is no error: Twilio may add some without notice. */
function progress(
  request: CarrierRequest,
  form: URLSearchParams,
  carrierCallId: string,
  attemptId: string | null,
): CarrierEvent | undefined {
  const state = progressOf({
    status: required(form, 'CallStatus'),
    sipResponse: number(form.get('SipResponseCode')),
    errorCode: number(form.get('ErrorCode')),
  });
  return state === undefined
    ? undefined
    : { type: 'progress', attemptId, carrierCallId, state, ...originOf(request, form) };
}

/** What `dialForm` put behind the URL; nothing where it is not of that form. */
function originOf(request: CarrierRequest, form: URLSearchParams): { origin?: DialOrigin } {
  const query = new URL(request.url).searchParams;
  const callbackId = query.get('callback') ?? '';
  const n = query.get('n') ?? '';
  if (!UUID.test(callbackId) || !/^[1-9]\d{0,5}$/.test(n)) return {};
  return { origin: { callbackId, attemptNumber: Number(n), from: form.get('From') } };
}

/** Hidden callers come as words or as fixed numbers spelled on the keypad (266696687 is ANONYMOUS). */
function callerOf(form: URLSearchParams): string | null {
  const from = form.get('From') ?? '';
  return /^\+[1-9]\d{6,14}$/.test(from) && from !== '+266696687' ? from : null;
}

/** `TN-Validation-Passed-A` is full attestation (ATIS-1000074); B is partial; everything else proves nothing. */
function attestationOf(verstat: string | null): 'full' | 'partial' | 'none' {
  if (verstat === 'TN-Validation-Passed-A') return 'full';
  return verstat === 'TN-Validation-Passed-B' ? 'partial' : 'none';
}

/** An id that we put into the URL. Empty on a route without one. */
function idOf(param: string | undefined): string {
  if (param === undefined || UUID.test(param)) return param ?? '';
  throw new RingbackError('invalid_request', ['the URL carries no id of ours']);
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') throw new RingbackError('invalid_request', [`${name} is missing`]);
  return value;
}

function number(value: string | null): number | null {
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : null;
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
