import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Twilio's request signature: base64 of HMAC-SHA1 over the URL and, for a form, each parameter's name and value in
 * the order of the names (twilio.com/docs/usage/webhooks/webhooks-security). The key is the account's primary auth
 * token.
 */
export interface SignedRequest {
  /** Absolute, as Twilio was told it, with its query exactly as requested; `wss://` for a stream's upgrade. */
  readonly url: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  /** `X-Twilio-Signature`. */
  readonly signature: string | undefined;
}

/** Whether the request carries the signature of its content. Constant in time for a signature of full length. */
export function isSigned(request: SignedRequest, authToken: string): boolean {
  if (request.signature === undefined) return false;
  const url = withoutFragment(request.url);
  if (!bodyMatches(url, request)) return false;
  const parameters = isForm(request.contentType) ? formParameters(request.body) : '';
  return urlVariants(url).some((variant) => equal(sign(variant + parameters, authToken), request.signature ?? ''));
}

/** The signature over what is to be signed. */
export function sign(content: string, authToken: string): string {
  return createHmac('sha1', authToken).update(content, 'utf8').digest('base64');
}

/** The names and values of a form as they are signed: by code unit, a repeated name's values once and in order. */
export function formParameters(body: Buffer): string {
  const parameters = new URLSearchParams(body.toString('utf8'));
  const names = [...new Set(parameters.keys())].toSorted((a, b) => (a < b ? -1 : 1));
  return names
    .map((name) =>
      [...new Set(parameters.getAll(name))]
        .toSorted((a, b) => (a < b ? -1 : 1))
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}

/** A JSON body is not signed itself: the signed URL carries its SHA-256. */
function bodyMatches(url: string, request: SignedRequest): boolean {
  const wanted = new URL(url).searchParams.get('bodySHA256');
  if (wanted === null) return isForm(request.contentType) || request.body.length === 0;
  return equal(createHash('sha256').update(request.body).digest('hex'), wanted.toLowerCase());
}

/** Twilio signs with or without the standard port, and a stream's path with or without a slash at its end. */
function urlVariants(url: string): string[] {
  const parsed = new URL(url);
  const secure = parsed.protocol === 'https:' || parsed.protocol === 'wss:';
  const standard = secure ? '443' : '80';
  const [, scheme = '', authority = '', rest = ''] = /^([a-z]+:\/\/)([^/?#]*)(.*)$/.exec(url) ?? [];
  const host = authority.replace(/:\d+$/, '');
  const bases = parsed.port === '' ? [authority, `${host}:${standard}`] : [authority];
  if (authority.endsWith(`:${standard}`)) bases.push(host);
  const paths = parsed.protocol.startsWith('ws') ? [rest, rest.endsWith('/') ? rest.slice(0, -1) : `${rest}/`] : [rest];
  return bases.flatMap((base) => paths.map((path) => scheme + base + path));
}

function withoutFragment(url: string): string {
  return url.split('#', 1)[0] ?? url;
}

function isForm(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded') ?? false;
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
