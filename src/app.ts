import fastifyCookie from '@fastify/cookie';
import fastifyHelmet from '@fastify/helmet';
import fastifyRateLimit from '@fastify/rate-limit';
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import fastifyWebsocket from '@fastify/websocket';
import { fastify, type FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { callbackBulkRoutes } from './http/callback-bulk.ts';
import { callbackListRoutes } from './http/callback-lists.ts';
import { callbackRoutes } from './http/callbacks.ts';
import { callRoutes } from './http/calls.ts';
import { carrierRoutes } from './http/carriers.ts';
import { consoleRoutes } from './http/console.ts';
import type { AppDeps } from './http/deps.ts';
import { eventRoutes } from './http/events.ts';
import { guardRoutes } from './http/guard.ts';
import { healthRoutes } from './http/health.ts';
import { ledgerRoutes } from './http/ledger.ts';
import { metricsRoutes } from './http/metrics.ts';
import { outboundRoutes } from './http/outbound.ts';
import { problems } from './http/problem.ts';
import { sessionRoutes } from './http/session.ts';
import { setUpRoutes } from './http/set-up.ts';
import { SignedIn } from './http/signed-in.ts';

/** The largest message on a socket: a 20 ms frame has less than 1 KiB, carriers may batch (close code 1009 above it). */
const LONGEST_SOCKET_MESSAGE = 65_536;

/** The whole HTTP surface, without a port: tests inject into it. Whoever builds it closes it. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    trustProxy: deps.trustProxy === null ? false : [...deps.trustProxy],
    bodyLimit: 262_144,
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  problems(app, { log: deps.log });

  app.server.headersTimeout = 10_000;
  const signedIn = new SignedIn({
    auth: deps.auth,
    clock: deps.clock,
    onFault: (error) =>
      deps.log.warn({ fault: error instanceof Error ? error.name : 'unknown' }, 'a session could not be looked at'),
  });
  app.addHook('onClose', () => signedIn[Symbol.asyncDispose]());

  await app.register(fastifyHelmet, securityHeaders);
  await app.register(fastifyCookie);
  await app.register(fastifyRateLimit, { global: false });
  await app.register(fastifyWebsocket, {
    // Our own drain decides when calls end; closing the server then closes what is left.
    options: { maxPayload: LONGEST_SOCKET_MESSAGE, perMessageDeflate: false, clientTracking: true },
  });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Ringback', description: 'Callbacks, calls and set-up of a Ringback gateway.', version: '1' },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'ringback_session' },
        },
      },
      security: [{ bearer: [] }, { session: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  // Under the same policy as every page: the plugin's own refuses a style of its own, and asks for TLS where there is none.
  await app.register(fastifySwaggerUi, { routePrefix: '/docs' });

  await app.register(async (open) => healthRoutes(open, deps));
  await app.register(async (open) => metricsRoutes(open, deps));
  await app.register(async (open) => sessionRoutes(open, deps), { prefix: '/api/v1' });
  await app.register(
    async (guarded) => {
      guardRoutes(guarded, deps);
      await callbackRoutes(guarded, deps);
      await callbackListRoutes(guarded, deps);
      await callbackBulkRoutes(guarded, deps);
      await callRoutes(guarded, deps);
      await setUpRoutes(guarded, deps);
      await outboundRoutes(guarded, deps);
      await ledgerRoutes(guarded, deps);
      await eventRoutes(guarded, deps, signedIn);
    },
    { prefix: '/api/v1' },
  );
  await app.register(async (carriers) => carrierRoutes(carriers, deps, signedIn));
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  const { consoleDir } = deps;
  if (consoleDir !== null) await app.register(async (pages) => consoleRoutes(pages, { dir: consoleDir }));
  return app;
}

const securityHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'self'"],
      'base-uri': ["'none'"],
      'object-src': ["'none'"],
      'frame-ancestors': ["'none'"],
      'form-action': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'media-src': ["'self'", 'blob:'],
      'worker-src': ["'self'", 'blob:'],
      // The component library sets sizes and colours as style attributes.
      'style-src': ["'self'", "'unsafe-inline'"],
      'connect-src': ["'self'", 'ws:', 'wss:'],
    },
  },
  // Only where the page itself came over TLS; on plain loopback it would lock the browser out.
  hsts: false,
  crossOriginEmbedderPolicy: false,
  referrerPolicy: { policy: 'no-referrer' },
} as const;
