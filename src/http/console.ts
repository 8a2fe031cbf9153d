import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Pages that the console routes by itself. */
const PAGES = [
  '/',
  '/sign-in',
  '/callbacks',
  '/callbacks/*',
  '/calls',
  '/calls/*',
  '/agents',
  '/agents/*',
  '/tools',
  '/phone-numbers',
  '/settings',
  '/settings/*',
];

/** What is no page of the console's, and says so to programs. */
const NO_PAGES = /^\/(?:api|carriers|docs|assets)(?:\/|$)/;

/** `/`: the built console. Assets carry their hash in the name and may be kept for ever; the page itself is not. */
export async function consoleRoutes(app: FastifyInstance, options: { dir: string }): Promise<void> {
  await app.register(fastifyStatic, {
    root: options.dir,
    index: false,
    wildcard: false,
    setHeaders: (reply, path) => {
      const hashed = path.includes('/assets/');
      void reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  for (const page of PAGES) {
    app.get(page, { schema: { hide: true } }, (_request, reply) =>
      reply.header('cache-control', 'no-cache').sendFile('index.html'),
    );
  }
  // A person who mistyped an address gets the console's own words for it; whatever else asks gets a problem.
  app.get('/*', { schema: { hide: true } }, (request, reply) => {
    const { pathname } = new URL(request.url, 'http://console');
    if (NO_PAGES.test(pathname) || request.headers.accept?.includes('text/html') !== true) return reply.callNotFound();
    return reply.code(404).header('cache-control', 'no-cache').sendFile('index.html');
  });
}
