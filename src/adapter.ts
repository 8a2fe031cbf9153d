import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/**
 * What carriers, STT, LLM and TTS have in common: one folder each, whose `index.ts` default-exports a
 * definition. Importing it loads no SDK; `open` does, and only where the environment asks for it.
 */
export interface AdapterDefinition<Env extends z.ZodRawShape, Opened> {
  /** The folder's name, and the vendor's part of `vendor/model`. */
  readonly name: string;
  /** The name a person reads. */
  readonly title: string;
  /** Its environment variables, from `env.ts` beside it. */
  readonly env: Env;
  /** Set where this only stands in for a real one; real ones that are configured win over stand-ins. */
  readonly standIn?: StandIn;
  /** Whether the settings name this one as the first of its kind; without it the order is that of the names. */
  isFirst?(env: z.infer<z.ZodObject<Env>>): boolean;
  /** Opens it, or undefined where `env` does not configure it (or it can't run here). The opener closes it. */
  open(env: z.infer<z.ZodObject<Env>>, context: AdapterContext): Promise<Opened | undefined>;
}

export interface StandIn {
  /** One sentence for the page and the log: what it is and what replaces it. */
  readonly notice: string;
  /** Among stand-ins of a kind the lowest that opens is used. */
  readonly rank: number;
  /** Of a voice: it can be understood, so that it may also speak where the voice of a vendor fails. */
  readonly speaksWords?: true;
}

/** What every adapter is given. */
export interface AdapterContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** `PUBLIC_URL`, without a slash at the end. Known once the server listens: read it when it is needed, not in `open`. */
  readonly publicUrl: string;
}
