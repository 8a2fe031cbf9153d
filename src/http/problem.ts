import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { isRingbackError, RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';

/**
 * Turns every error of the server into an `application/problem+json` (RFC 9457) with a stable `code`. What is not one
 * of ours is logged, and told as `internal` without a word of its own.
 */
export function problems(app: FastifyInstance, options: { log: Log }): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const named = name(error);
    if (named.httpStatus >= 500)
      options.log.error({ error: errorFields(error), route: request.routeOptions.url }, 'a request failed');
    return sendProblem(reply, named);
  });
  app.setNotFoundHandler((request: FastifyRequest, reply) =>
    sendProblem(reply, new RingbackError('not_found', ['page'])),
  );
}

/** Answers with an error as RFC 9457 problem details, and where it passes, when to try again. */
export function sendProblem(reply: FastifyReply, error: RingbackError): FastifyReply {
  const { size } = error.details;
  if (error.httpStatus === 416 && typeof size === 'number') void reply.header('content-range', `bytes */${size}`);
  if (error.retryable) void reply.header('retry-after', error.httpStatus === 429 ? '60' : '2');
  return reply
    .code(error.httpStatus)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        ...error.details,
        type: `urn:ringback:problem:${error.code}`,
        title: error.code.replaceAll('_', ' '),
        status: error.httpStatus,
        detail: error.message,
        code: error.code,
      }),
    );
}

function name(error: FastifyError): RingbackError {
  if (isRingbackError(error)) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const fields = error.validation.map((fault) => ({
      path: fault.instancePath.slice(1).replaceAll('/', '.') || 'request',
      message: fault.message ?? 'invalid',
    }));
    const faults = fields.map(({ path, message }) => `${path}: ${message}`);
    return new RingbackError('invalid_request', [faults.join('; ')], { cause: error, details: { fields } });
  }
  if (isResponseSerializationError(error)) return new RingbackError('internal', [], { cause: error });
  if (error.statusCode === 413) return new RingbackError('too_large', [], { cause: error });
  if (error.statusCode === 429) return new RingbackError('too_many_requests', [], { cause: error });
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new RingbackError('invalid_request', [error.message], { cause: error });
  }
  return new RingbackError('internal', [], { cause: error });
}

/** Name and place of a failure; messages of foreign errors may hold anything and are left out. */
function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { fault: typeof error };
  const frames = error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at ')) ?? [];
  return { fault: error.name, ...(isRingbackError(error) ? { message: error.message } : {}), at: frames.slice(0, 4) };
}
