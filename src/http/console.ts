import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Pages that the console routes by itself; anything else unknown stays a 404. */
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
}
