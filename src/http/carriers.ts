import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Carrier, CarrierHost, CarrierRequest, CarrierSocketRoute } from '../carriers/carrier.ts';
import { RingbackError } from '../errors.ts';
import type { AppDeps } from './deps.ts';
import { actorOf, requireOwnOrigin, sessionOf } from './guard.ts';
import type { SignedIn } from './signed-in.ts';

/** How long a webhook may take: the shortest patience of the carriers that we know (5 s), less the way back. */
const WEBHOOK_DEADLINE_MS = 4_000;
const LONGEST_WEBHOOK_BYTES = 65_536;

/** `/carriers/<name>/…`: every carrier's webhooks and sockets, as it declares them. Unsigned is 403, always. */
export async function carrierRoutes(app: FastifyInstance, deps: AppDeps, signedIn: SignedIn): Promise<void> {
  // Signatures are over the bytes as they came, so bodies are not parsed here.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LONGEST_WEBHOOK_BYTES }, (_request, body, done) =>
    done(null, body),
  );

  for (const { carrier, host } of deps.carriers) {
    const prefix = `/carriers/${carrier.name}`;
    for (const route of carrier.webhooks?.routes ?? []) {
      app.route({
        method: route.method,
        url: prefix + route.path,
        schema: { hide: true },
        handler: (request, reply) =>
          webhook(carrier, host, route.path, request).then((answer) =>
            answer === null
              ? reply.code(204).send()
              : reply.code(answer.status).type(answer.contentType).send(answer.body),
          ),
      });
    }
    for (const route of carrier.sockets) mountSocket(app, deps, { prefix, route, signedIn });
  }

  async function webhook(carrier: Carrier, host: CarrierHost, route: string, request: FastifyRequest) {
    const asked = carrierRequest(route, request, deps.publicUrl());
    if (carrier.webhooks?.verify(asked) !== true) throw new RingbackError('forbidden_signature');
    const signal = AbortSignal.timeout(WEBHOOK_DEADLINE_MS);
    let answer = null;
    for (const event of carrier.webhooks.parse(asked)) {
      const instruction = await host.handle(event);
      answer = (await carrier.perform(instruction, event, { signal })) ?? answer;
    }
    return answer;
  }
}

/** The close code of a policy that is no longer met (RFC 6455, 7.4.1). */
const SIGNED_OUT = 1008;

function mountSocket(
  app: FastifyInstance,
  deps: AppDeps,
  { prefix, route, signedIn }: { prefix: string; route: CarrierSocketRoute; signedIn: SignedIn },
): void {
  app.route({
    method: 'GET',
    url: prefix + route.path,
    schema: { hide: true },
    preValidation: async (request) => {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw new RingbackError('not_found', ['page']);
      if (route.guard === 'session') {
        requireOwnOrigin(request, deps.publicUrl());
        await actorOf(request, deps);
      }
      if (!route.authorize(carrierRequest(route.path, request, deps.publicUrl())))
        throw new RingbackError('forbidden_signature');
    },
    handler: (_request, reply) => reply.code(426).send(),
    wsHandler: (socket, request) => {
      const session = route.guard === 'session' ? sessionOf(request) : null;
      if (session !== null) {
        const held = signedIn.hold(session, () => socket.close(SIGNED_OUT, 'signed out'));
        socket.once('close', () => held[Symbol.dispose]());
      }
      route.accept(socket, carrierRequest(route.path, request, deps.publicUrl()));
    },
  });
}

function carrierRequest(route: string, request: FastifyRequest, publicUrl: string): CarrierRequest {
  return {
    route,
    method: request.method,
    url: publicUrl + (request.raw.url ?? ''),
    params: (request.params ?? {}) as Record<string, string>,
    headers: request.headers,
    rawBody: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  };
}
