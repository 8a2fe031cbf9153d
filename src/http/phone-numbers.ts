import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { idParams, pageOnly, refusals } from '../api/common.ts';
import { wiringWire } from '../api/health.ts';
import { phoneNumberInput, phoneNumberPage, phoneNumberPatch, phoneNumberWire } from '../api/phone-numbers.ts';
import { RingbackError } from '../errors.ts';
import type { AppDeps } from './deps.ts';

/** `/api/v1/phone-numbers`: the lines on which agents answer and dial. */
export async function phoneNumberRoutes(app: FastifyInstance, deps: AppDeps): Promise<void> {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { phoneNumbers } = deps;
  const tags = ['phone numbers'];

  routes.get(
    '/phone-numbers',
    {
      schema: {
        tags,
        summary: 'List phone numbers',
        querystring: pageOnly,
        response: { 200: phoneNumberPage, ...refusals },
      },
    },
    async ({ query }) => {
      const { items, nextCursor } = await phoneNumbers.list(query);
      return { items: [...items], nextCursor };
    },
  );

  routes.get(
    '/phone-numbers/:id',
    { schema: { tags, summary: 'A phone number', params: idParams, response: { 200: phoneNumberWire, ...refusals } } },
    async ({ params }) => {
      const found = await phoneNumbers.find(params.id);
      if (found === undefined) throw new RingbackError('not_found', ['phone number']);
      return found;
    },
  );

  routes.get(
    '/phone-numbers/:id/wiring',
    {
      schema: {
        tags,
        summary: 'What stands between a number and its first call',
        description: 'What the gateway can check by itself, and the URLs to enter at the carrier.',
        params: idParams,
        response: { 200: wiringWire, ...refusals },
      },
    },
    ({ params }) => phoneNumbers.wiring(params.id),
  );

  routes.post(
    '/phone-numbers',
    {
      schema: {
        tags,
        summary: 'Add a phone number',
        description: 'Inbound is on and outbound off unless it says otherwise.',
        body: phoneNumberInput,
        response: { 201: phoneNumberWire, ...refusals },
      },
    },
    async ({ body, actor }, reply) => reply.code(201).send(await phoneNumbers.add(body, actor)),
  );

  routes.patch(
    '/phone-numbers/:id',
    {
      schema: {
        tags,
        summary: 'Change who answers a number, or its switches',
        params: idParams,
        body: phoneNumberPatch,
        response: { 200: phoneNumberWire, ...refusals },
      },
    },
    ({ params, body, actor }) => phoneNumbers.change(params.id, body, actor),
  );

  routes.delete(
    '/phone-numbers/:id',
    {
      schema: {
        tags,
        summary: 'Delete a phone number',
        description: '409 `in_use` for a built-in one, and for the last from which open callbacks could be dialled.',
        params: idParams,
        response: { 204: z.void(), ...refusals },
      },
    },
    async ({ params, actor }, reply) => {
      await phoneNumbers.remove(params.id, actor);
      return reply.code(204).send();
    },
  );
}
