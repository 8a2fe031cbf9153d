import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RingbackError } from '../errors.ts';
import type { AppDeps } from './deps.ts';

/**
 * `/metrics` for Prometheus. With METRICS_TOKEN only its bearer may read it; without one the admin's bearer, and whoever
 * asks from this machine itself.
 */
export async function metricsRoutes(
  app: FastifyInstance,
  deps: Pick<AppDeps, 'metrics' | 'metricsToken' | 'auth'>,
): Promise<void> {
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (!(await mayRead(request, deps))) throw new RingbackError('unauthorized');
    const { contentType, text } = await deps.metrics();
    return reply.header('cache-control', 'no-store').type(contentType).send(text);
  });
}

async function mayRead(
  request: FastifyRequest,
  { metricsToken, auth }: Pick<AppDeps, 'metricsToken' | 'auth'>,
): Promise<boolean> {
  const token = /^Bearer (\S{1,500})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (metricsToken !== null) return token !== undefined && sameSecret(token, metricsToken);
  if (request.headers.authorization !== undefined) return token !== undefined && (await auth.isAdminToken(token));
  return isFromHere(request);
}

/** What proxies and tunnels add, believed or not: then the request began somewhere else. */
const forwarding = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'cf-connecting-ip',
  'true-client-ip',
];

/**
 * From this machine, and for it: the socket's own peer is loopback (never what a header says, so TRUST_PROXY changes
 * nothing), the host asked for is a loopback name, and nothing says that it was forwarded. A proxy on this machine that
 * adds no header cannot be told apart: METRICS_TOKEN is for that.
 */
function isFromHere(request: FastifyRequest): boolean {
  const peer = request.raw.socket.remoteAddress ?? '';
  const isLoopback = peer === '::1' || /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(peer);
  const asksLoopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i.test(request.headers.host ?? '');
  return isLoopback && asksLoopback && !forwarding.some((name) => request.headers[name] !== undefined);
}

/** Compared by their hashes, in the same time for every guess. */
function sameSecret(a: string, b: string): boolean {
  const hash = (secret: string) => createHash('sha256').update(secret).digest();
  return timingSafeEqual(hash(a), hash(b));
}
