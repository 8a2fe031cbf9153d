import { z } from 'zod';
import { id, time } from './common.ts';

const count = z.number().int().min(0);

/** How this installation stands: its replicas, its database, and the limits it keeps. */
export const healthWire = z
  .object({
    /** The replica that answers. */
    replicaId: id,
    replicas: z.array(
      z.object({
        id,
        version: z.string(),
        startedAt: time,
        /** How long its right to dial is still good, in seconds; below zero: it is gone, and what it held is taken over. */
        leaseSeconds: z.number(),
        draining: z.boolean(),
        liveCalls: count,
      }),
    ),
    database: z.object({
      version: z.string(),
      /** One question and its answer, in milliseconds. */
      answerMs: z.number(),
      sizeBytes: z.number(),
      migrations: count,
      /** It runs inside this process, and dies with this machine. */
      embedded: z.boolean(),
      /** What the role that this replica signs in with can't tell: then `OUTBOUND_HOLD` is to be set around it. */
      cannotRecognise: z.array(z.enum(['copy_in_another_cluster', 'failover'])),
    }),
    /** Of the replica that answers; null in the first seconds. */
    eventLoop: z.object({ utilization: z.number(), delayP99Ms: z.number(), overloaded: z.boolean() }).nullable(),
    limits: z.object({
      /** How many numbers may be dialled at all; null: all that the rules allow. */
      outboundAllowlist: count.nullable(),
      /** Of each replica; null: as many as its event loop bears. */
      maxConcurrentCalls: count.nullable(),
      retentionDays: z.number(),
      drainSeconds: z.number(),
    }),
  })
  .meta({ id: 'Health' });
export type HealthWire = z.infer<typeof healthWire>;

/** What the product can tell of a number's wiring by itself. */
export const wiringWire = z
  .object({
    checks: z.array(
      z.object({
        name: z.enum(['carrier', 'agent', 'public_url', 'reachable', 'signature', 'inbound', 'outbound']),
        /** Null: it can't be told yet. */
        ok: z.boolean().nullable(),
        /** A sentence. */
        says: z.string(),
      }),
    ),
    /** What to enter at the carrier; empty where nothing has to be. */
    webhooks: z.array(z.object({ path: z.string(), method: z.string(), url: z.string() })),
    /** When a call to this number last came in. */
    lastInboundAt: time.nullable(),
    lastOutboundAt: time.nullable(),
  })
  .meta({ id: 'Wiring' });
export type WiringWire = z.infer<typeof wiringWire>;
