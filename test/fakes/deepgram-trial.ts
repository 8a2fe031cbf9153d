import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import type { AdapterContext, AdapterDefinition } from '../../src/adapter.ts';
import { quietLog, type LogLine } from '../support/quiet-log.ts';
import { SimClock } from '../support/sim-clock.ts';
import { openDeepgramServer, type DeepgramServer, type DeepgramServerOptions } from './deepgram-server.ts';

/** An adapter of Deepgram at its fake, on a clock that the test moves. Whoever opened it disposes it. */
export interface Trial<Vendor> extends AsyncDisposable {
  readonly vendor: Vendor;
  readonly server: DeepgramServer;
  readonly clock: SimClock;
  readonly lines: readonly LogLine[];
  /** Moves time in small steps and lets the sockets work in between, so that nothing looks late that is not. */
  pass(ms: number): Promise<void>;
}

const STEP_MS = 50;
const TURNS_A_STEP = 6;

/** `env` beside the key and the address of the fake. */
export async function openTrial<Vendor extends AsyncDisposable>(
  definition: AdapterDefinition<z.ZodRawShape, Vendor>,
  options: DeepgramServerOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Trial<Vendor>> {
  await using stack = new AsyncDisposableStack();
  const clock = new SimClock();
  const lines: LogLine[] = [];
  const context: AdapterContext = { clock, log: quietLog(lines), random: () => 0.5, publicUrl: 'http://127.0.0.1' };
  const server = stack.use(await openDeepgramServer({ clock, ...options }));
  const settings = z
    .object(definition.env)
    .parse({ DEEPGRAM_API_KEY: 'test-key', DEEPGRAM_BASE_URL: server.url, ...env });
  const vendor = await definition.open(settings, context);
  if (vendor === undefined) throw new Error('it was configured and did not open');
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await clock.advance(Math.min(STEP_MS, left));
      for (let turn = 0; turn < TURNS_A_STEP; turn += 1) await nextTurn();
    }
  };
  const owned = stack.move();
  return {
    vendor,
    server,
    clock,
    lines,
    pass,
    async [Symbol.asyncDispose]() {
      // What waits for an answer that does not come has a deadline on this clock.
      const closing = Promise.resolve(vendor[Symbol.asyncDispose]());
      await Promise.all([closing, pass(2500)]);
      await owned.disposeAsync();
      if (clock.pending > 0) throw new Error(`${clock.pending} timers were left behind`);
    },
  };
}
