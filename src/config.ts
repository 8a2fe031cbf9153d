import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { baseUrl, flag, list, variable, wholeNumber, type VariableMeta } from './env.ts';
import { RingbackError } from './errors.ts';

/* The only reader of the environment: the core's variables here, the adapters' in the `env.ts` of each. */

const MOST_PROCESSES = 64;

export const coreEnv = {
  PORT: variable(wholeNumber(0, 65_535).default(8080), 'The port to listen on; 0 takes a free one.', {
    wants: 'a whole number from 0 to 65535',
    example: '8080',
  }),
  HOST: variable(z.string().default('127.0.0.1'), 'The address to listen on.', {
    wants: 'one address, for example 127.0.0.1 or 0.0.0.0',
    example: '127.0.0.1',
  }),
  PUBLIC_URL: variable(baseUrl().optional(), 'The base URL at which carriers and browsers reach this service.', {
    wants: 'an http(s) URL without a path, for example https://voice.example.com',
    example: 'http://127.0.0.1:8080',
  }),
  DATABASE_URL: variable(
    postgresUrl().optional(),
    'Postgres 14 or newer. Without it an embedded one is started in DATA_DIR.',
    {
      wants: 'a postgres:// URL',
      secret: true,
      example: 'postgres://user:password@localhost:5432/ringback',
    },
  ),
  DATABASE_DIRECT_URL: variable(
    postgresUrl().optional(),
    'The same database without a pooler in between, for LISTEN and locks.',
    { wants: 'a postgres:// URL', secret: true },
  ),
  DATA_DIR: variable(z.string().default('.data'), 'Folder of the embedded database and of what a replica remembers.', {
    wants: 'a folder',
    example: '.data',
  }),
  RECORDINGS_DIR: variable(z.string().optional(), 'Folder of the recordings; without it DATA_DIR/recordings.', {
    wants: 'a folder',
  }),
  ADMIN_TOKEN: variable(
    z.string().min(16).optional(),
    'Bearer token of the API and sign-in of the console; without it one is generated once and kept in the database.',
    { wants: 'at least 16 characters', secret: true },
  ),
  OUTBOUND_ALLOWLIST: variable(
    list().optional(),
    'Only these numbers are ever dialled (comma-separated); without it all that the rules allow.',
    { wants: 'E.164 numbers separated by commas', secret: true },
  ),
  OUTBOUND_HOLD: variable(flag().default(false), 'Start with all outbound held until an operator releases it.', {
    wants: 'true or false',
    example: 'false',
  }),
  TRUST_PROXY: variable(
    list().optional(),
    'Addresses or CIDR ranges of the proxies whose X-Forwarded-* headers are believed; without it none.',
    { wants: 'addresses or CIDR ranges separated by commas' },
  ),
  DRAIN_TIMEOUT_SECONDS: variable(wholeNumber(0, 86_400).default(600), 'How long SIGTERM waits for live calls.', {
    wants: 'a whole number from 0 to 86400',
    example: '600',
  }),
  MAX_CONCURRENT_CALLS: variable(wholeNumber(0, 100_000).default(0), 'Calls at once in this process; 0 is no number.', {
    wants: 'a whole number from 0 to 100000',
    example: '0',
  }),
  PROCESSES: variable(
    z
      .union([z.literal('auto').transform(() => Math.min(MOST_PROCESSES, availableParallelism())), wholeNumber(1, 64)])
      .default(1),
    'How many processes of the gateway share the port, each a replica of its own: one for each core that calls may fill.',
    { wants: 'a whole number from 1 to 64, or auto for one per core', example: '1' },
  ),
  VOICE_DETECTOR: variable(
    z.enum(['energy', 'webrtc']).default('energy'),
    'What tells a voice from a noise: energy (levels and zero crossings) or webrtc (the detector of WebRTC).',
    { wants: 'energy or webrtc', example: 'energy' },
  ),
  RETENTION_DAYS: variable(
    wholeNumber(0, 36_500).default(90),
    'Transcripts, summaries, recordings and the reasons of callbacks are erased so many days after they are over; 0 erases them as soon as nothing needs them.',
    { wants: 'a whole number from 0 to 36500', example: '90' },
  ),
  METRICS_TOKEN: variable(
    z.string().min(16).optional(),
    'Bearer token of /metrics; without it only this machine itself and the admin token may read it.',
    { wants: 'at least 16 characters', secret: true },
  ),
  LOG_LEVEL: variable(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    'How much is logged.',
    { wants: 'fatal, error, warn, info, debug, trace or silent', example: 'info' },
  ),
};

export interface Config {
  readonly port: number;
  readonly host: string;
  /** Without a slash at the end. Null: made from the address once it listens. */
  readonly publicUrl: string | null;
  readonly databaseUrl: string | null;
  readonly databaseDirectUrl: string | null;
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute. */
  readonly recordingsDir: string;
  readonly adminToken: string | null;
  readonly outboundAllowlist: readonly string[] | null;
  readonly outboundHold: boolean;
  readonly trustProxy: readonly string[] | null;
  readonly drainTimeoutMs: number;
  readonly maxConcurrentCalls: number;
  /** How many processes run; above 1 this one starts and supervises them. */
  readonly processes: number;
  readonly voiceDetector: 'energy' | 'webrtc';
  /** After so many days what was said is erased; 0: as soon as nothing needs it. */
  readonly retentionDays: number;
  /** Null: loopback or the admin's bearer. */
  readonly metricsToken: string | null;
  readonly logLevel: string;
  /** The adapters' variables, parsed; an adapter is handed the ones its fragment names. */
  readonly adapters: Readonly<Record<string, unknown>>;
}

/**
 * Reads and checks the whole environment. An empty value counts as unset.
 * Throws `config_invalid` whose message has one line per fault: the variable, what it got, what it wants.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  fragments: readonly z.ZodRawShape[],
): Config {
  const faults: string[] = [];
  // Put together first: a variable that several adapters share is read once, and its fault is told once.
  const adapters = readFragment(environment, Object.assign({}, ...fragments) as z.ZodRawShape, faults);
  const core = readFragment(environment, coreEnv, faults) as z.infer<z.ZodObject<typeof coreEnv>>;
  if (faults.length > 0) throw new RingbackError('config_invalid', [faults.join('\n')]);
  const dataDir = resolve(core.DATA_DIR);
  return {
    port: core.PORT,
    host: core.HOST,
    publicUrl: core.PUBLIC_URL ?? null,
    databaseUrl: core.DATABASE_URL ?? null,
    databaseDirectUrl: core.DATABASE_DIRECT_URL ?? core.DATABASE_URL ?? null,
    dataDir,
    recordingsDir: core.RECORDINGS_DIR === undefined ? resolve(dataDir, 'recordings') : resolve(core.RECORDINGS_DIR),
    adminToken: core.ADMIN_TOKEN ?? null,
    outboundAllowlist: core.OUTBOUND_ALLOWLIST ?? null,
    outboundHold: core.OUTBOUND_HOLD,
    trustProxy: core.TRUST_PROXY ?? null,
    drainTimeoutMs: core.DRAIN_TIMEOUT_SECONDS * 1000,
    maxConcurrentCalls: core.MAX_CONCURRENT_CALLS,
    processes: core.PROCESSES,
    voiceDetector: core.VOICE_DETECTOR,
    retentionDays: core.RETENTION_DAYS,
    metricsToken: core.METRICS_TOKEN ?? null,
    logLevel: core.LOG_LEVEL,
    adapters,
  };
}

/** The part of `config.adapters` that one fragment names. */
export function fragmentOf(config: Config, fragment: z.ZodRawShape): Record<string, unknown> {
  return Object.fromEntries(Object.keys(fragment).map((name) => [name, config.adapters[name]]));
}

function postgresUrl() {
  return z.url({ protocol: /^postgres(ql)?$/ });
}

function readFragment(
  environment: Readonly<Record<string, string | undefined>>,
  fragment: z.ZodRawShape,
  faults: string[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(fragment)) {
    const raw = environment[name] === '' ? undefined : environment[name];
    const parsed = z.safeParse(schema, raw);
    if (parsed.success) {
      values[name] = parsed.data;
      continue;
    }
    const meta = z.globalRegistry.get(schema as z.ZodType) as (VariableMeta & { description?: string }) | undefined;
    const got =
      raw === undefined
        ? 'nothing'
        : meta?.secret === true
          ? `a value of ${raw.length} characters`
          : JSON.stringify(raw.slice(0, 80));
    faults.push(`${name}: got ${got}, wants ${meta?.wants ?? 'another value'}`);
  }
  return values;
}
