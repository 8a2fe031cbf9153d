import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { callPage, callQuery, callToWire, callWire } from '../api/calls.ts';
import { idParams } from '../api/common.ts';
import { RingbackError } from '../errors.ts';
import type { AppDeps } from './deps.ts';

/** `/api/v1/calls`: the call logs. */
export async function callRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { calls } = deps;
  const tags = ['calls'];

  routes.get(
    '/calls',
    { schema: { tags, summary: 'List calls, newest first', querystring: callQuery, response: { 200: callPage } } },
    async ({ query }) => {
      const { items, nextCursor } = await calls.list(query);
      return { items: items.map((call) => callToWire(call)), nextCursor };
    },
  );

  routes.get(
    '/calls/:id',
    { schema: { tags, summary: 'A call with its transcript', params: idParams, response: { 200: callWire } } },
    async ({ params }) => {
      const found = await calls.find(params.id);
      if (found === undefined) throw new RingbackError('not_found', ['call']);
      return callToWire(found.call, found.turns);
    },
  );

  routes.post(
    '/calls/:id/hangup',
    { schema: { tags, summary: 'End a call', params: idParams, response: { 200: callWire } } },
    async ({ params }) => callToWire(await calls.hangup(params.id)),
  );

  routes.get(
    '/calls/:id/recording',
    {
      schema: {
        tags,
        summary: 'The recording: WAV, caller left, agent right',
        params: idParams,
        produces: ['audio/wav'],
      },
    },
    async ({ params, headers }, reply) => {
      const range = readRange(headers.range);
      const { body, size, start, end } = await calls.recording(params.id, range);
      void reply
        .code(range === null ? 200 : 206)
        .type('audio/wav')
        .header('accept-ranges', 'bytes')
        .header('cache-control', 'private, no-store')
        .header('content-length', end - start + 1)
        .header('content-disposition', `inline; filename="call-${params.id}.wav"`);
      if (range !== null) void reply.header('content-range', `bytes ${start}-${end}/${size}`);
      return reply.send(body);
    },
  );
}

/** One byte range (RFC 9110 section 14.1.2); null for none or for a form that we don't serve: then all is sent. */
function readRange(header: string | undefined): { start: number; end: number | null } | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '') return Number(last) === 0 ? null : { start: -Number(last), end: null };
  const end = last === '' ? null : Number(last);
  return end !== null && end < Number(first) ? null : { start: Number(first), end };
}
