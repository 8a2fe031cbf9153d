import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Auth } from '../auth/auth.ts';
import { RingbackError } from '../errors.ts';
import type { Actor } from './deps.ts';

export const SESSION_COOKIE = 'ringback_session';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by the guard before a guarded route runs. */
    actor: Actor;
  }
}

/** Lets only the admin token or a live session pass, for every route of the plugin that calls it. */
export function guardRoutes(app: FastifyInstance, options: { auth: Auth; publicUrl: () => string }): void {
  app.decorateRequest('actor', 'api');
  app.addHook('onRequest', async (request) => {
    request.actor = await actorOf(request, options);
  });
}

/**
 * A bearer acts as `api`, a session cookie as `operator`. A cookie is sent by the browser on its own, so whatever
 * changes something with it must come from our own pages. Throws `unauthorized` or `forbidden_origin`.
 */
export async function actorOf(
  request: FastifyRequest,
  options: { auth: Auth; publicUrl: () => string },
): Promise<Actor> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer (\S{1,500})$/i.exec(authorization)?.[1];
    if (token === undefined || !(await options.auth.isAdminToken(token))) throw new RingbackError('unauthorized');
    return 'api';
  }
  const session = request.cookies[SESSION_COOKIE];
  if (session === undefined || !(await options.auth.isSession(session))) throw new RingbackError('unauthorized');
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!reads || request.headers.upgrade !== undefined) requireOwnOrigin(request, options.publicUrl());
  return 'operator';
}

/** The session that a request came with; null where it came with the admin token. */
export function sessionOf(request: Pick<FastifyRequest, 'headers' | 'cookies'>): string | null {
  return request.headers.authorization === undefined ? (request.cookies[SESSION_COOKIE] ?? null) : null;
}

/**
 * The Origin must be the public one, or the very host that was asked on a loopback name (the page may be opened as
 * localhost or 127.0.0.1 alike). Throws `forbidden_origin`.
 */
export function requireOwnOrigin(request: FastifyRequest, publicUrl: string): void {
  const { origin } = request.headers;
  if (origin === new URL(publicUrl).origin) return;
  const host = request.headers.host ?? '';
  const isLoopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host);
  if (isLoopback && origin === `http://${host}`) return;
  throw new RingbackError('forbidden_origin');
}
