import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  callbackCounts,
  callbackInput,
  callbackPage,
  callbackQuery,
  callbackToWire,
  callbackWire,
  dialNowInput,
  moveInput,
} from '../api/callbacks.ts';
import { idParams } from '../api/common.ts';
import { RingbackError } from '../errors.ts';
import type { AppDeps, CallbackView } from './deps.ts';

/** `/api/v1/callbacks`: the promises. */
export async function callbackRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { callbacks } = deps;
  const tags = ['callbacks'];

  routes.get(
    '/callbacks',
    {
      schema: {
        tags,
        summary: 'List callbacks by due time',
        querystring: callbackQuery,
        response: { 200: callbackPage },
      },
    },
    async ({ query }) => {
      const { items, nextCursor } = await callbacks.list(query);
      return { items: items.map(wire), nextCursor };
    },
  );

  routes.get(
    '/callbacks/counts',
    { schema: { tags, summary: 'Count callbacks by status', response: { 200: callbackCounts } } },
    () => callbacks.counts(),
  );

  routes.get(
    '/callbacks/:id',
    { schema: { tags, summary: 'A callback with its attempts', params: idParams, response: { 200: callbackWire } } },
    async ({ params }) => {
      const found = await callbacks.find(params.id);
      if (found === undefined) throw new RingbackError('callback_not_found');
      return callbackToWire(found.callback, found.current, found.attempts);
    },
  );

  routes.post(
    '/callbacks',
    {
      schema: {
        tags,
        summary: 'Book a callback',
        headers: z.object({ 'idempotency-key': z.string().min(1).max(200).optional() }),
        body: callbackInput,
        response: { 201: callbackWire },
      },
    },
    async ({ body, headers, actor }, reply) => {
      const booked = await callbacks.book(body, { actor, idempotencyKey: headers['idempotency-key'] });
      return reply.code(201).send(wire(booked));
    },
  );

  routes.post(
    '/callbacks/:id/cancel',
    { schema: { tags, summary: 'Cancel a callback', params: idParams, response: { 200: callbackWire } } },
    async ({ params, actor }) => wire(await callbacks.cancel(params.id, actor)),
  );

  routes.post(
    '/callbacks/:id/reschedule',
    {
      schema: {
        tags,
        summary: 'Move a callback to another time',
        params: idParams,
        body: moveInput,
        response: { 200: callbackWire },
      },
    },
    async ({ params, body, actor }) => wire(await callbacks.move(params.id, body, actor)),
  );

  routes.post(
    '/callbacks/:id/dial-now',
    {
      schema: {
        tags,
        summary: 'Set the next attempt to now',
        params: idParams,
        body: dialNowInput,
        response: { 200: callbackWire },
      },
    },
    async ({ params, body, actor }) => wire(await callbacks.dialNow(params.id, body, actor)),
  );
}

function wire(view: CallbackView) {
  return callbackToWire(view.callback, view.current);
}
