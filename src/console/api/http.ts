import { pageClock } from '../time/clock.ts';

/** A member of a request by its path, such as `callbackPolicy.maxAttempts`, and what is wrong with it. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

/** What the gateway answered when it did not do what was asked: an RFC 9457 problem, or none at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** 0 where no answer came. */
  readonly status: number;
  readonly code: string;
  /** What is wrong with which member of the request; empty where the gateway did not say. */
  readonly fields: readonly FieldFault[];
  /** The other members of the problem, such as `suggestion`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    options: ErrorOptions & {
      readonly fields?: readonly FieldFault[];
      readonly details?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.fields = options.fields ?? [];
    this.details = options.details ?? {};
  }
}

const ANSWER_WITHIN_MS = 15_000;
const ROOT = '/api/v1';

/** Reads a resource. Throws {@link ApiError}. */
export function get<Body>(path: string, signal?: AbortSignal): Promise<Body> {
  return ask<Body>('GET', path, undefined, signal);
}

/** Asks for a change; `withinMs` is for one that takes its time. Throws {@link ApiError}. */
export function post<Body>(path: string, body?: object, withinMs?: number): Promise<Body> {
  return ask<Body>('POST', path, body, undefined, withinMs);
}

/** As `post`, for a part of a resource. */
export function patch<Body>(path: string, body: object): Promise<Body> {
  return ask<Body>('PATCH', path, body);
}

export async function remove(path: string): Promise<void> {
  await ask<undefined>('DELETE', path);
}

/** A path with its query; what is undefined is left out, a list is repeated. */
export function withQuery(
  path: string,
  query: Record<string, string | number | readonly string[] | undefined>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of typeof value === 'object' ? value : [value]) search.append(name, String(each));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}

async function ask<Body>(
  method: string,
  path: string,
  body?: object,
  signal?: AbortSignal,
  withinMs = ANSWER_WITHIN_MS,
): Promise<Body> {
  const deadline = AbortSignal.timeout(withinMs);
  let response: Response;
  try {
    response = await fetch(ROOT + path, {
      method,
      credentials: 'same-origin',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError(
      0,
      'no_answer',
      'The gateway did not answer. It may be restarting; this page tries again by itself.',
      { cause: error },
    );
  }
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as Body;
  return (await response.json()) as Body;
}

/** The gateway's own sentence where it gave one. */
async function problemOf(response: Response): Promise<ApiError> {
  try {
    const problem: unknown = await response.json();
    if (isProblem(problem))
      return new ApiError(response.status, problem.code, sentence(problem.detail), {
        fields: fieldsOf(problem),
        details: { ...problem },
      });
  } catch (error) {
    return new ApiError(
      response.status,
      'unreadable',
      `The gateway answered ${response.status} in a form that this page can't read.`,
      { cause: error },
    );
  }
  return new ApiError(response.status, 'unknown', `The gateway answered ${response.status}.`);
}

function isProblem(value: unknown): value is { code: string; detail: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    'detail' in value &&
    typeof value.code === 'string' &&
    typeof value.detail === 'string'
  );
}

function fieldsOf(problem: object): FieldFault[] {
  if (!('fields' in problem) || !Array.isArray(problem.fields)) return [];
  return problem.fields.filter(
    (field: unknown): field is FieldFault =>
      typeof field === 'object' &&
      field !== null &&
      'path' in field &&
      'message' in field &&
      typeof field.path === 'string' &&
      typeof field.message === 'string',
  );
}

/** With a capital at its beginning and a stop at its end. */
export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** How long an answer took, for the gateway's clock. */
export async function timed<Value>(run: () => Promise<Value>): Promise<{ value: Value; tripMs: number }> {
  const startedMs = pageClock.elapsedMs();
  const value = await run();
  return { value, tripMs: pageClock.elapsedMs() - startedMs };
}
