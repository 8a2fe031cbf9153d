import { startEmbeddedPostgres, type EmbeddedPostgres } from '../db/embedded-postgres.ts';
import { RingbackError } from './errors.ts';
import type { Log } from './log.ts';

/** The Postgres that the gateway brings along, started when it is first asked for. Whoever opens it closes it. */
export interface EmbeddedDatabase extends AsyncDisposable {
  /** Its URL once it runs; asked again after a failure, it tries again. Rejects with what `startEmbeddedPostgres` throws. */
  url(): Promise<string>;
}

const FEWEST_CONNECTIONS = 100;

/** Nothing is started until its URL is asked for. */
export function openEmbeddedDatabase(options: {
  dataDir: string;
  log: Log;
  /** How many may be open at once; Postgres's own number where that is more. */
  connections?: number;
}): EmbeddedDatabase {
  const connections = Math.max(FEWEST_CONNECTIONS, options.connections ?? 0);
  const stop = new AbortController();
  let starting: Promise<EmbeddedPostgres> | null = null;
  return {
    async url() {
      starting ??= startEmbeddedPostgres({
        dataDir: options.dataDir,
        settings: { max_connections: String(connections) },
        log: (message) => options.log.info({}, message),
        signal: stop.signal,
      });
      try {
        return (await starting).url;
      } catch (error) {
        starting = null;
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new RingbackError('stopping'));
      const [server] = await Promise.allSettled([starting]);
      if (server.status === 'fulfilled') await server.value?.[Symbol.asyncDispose]();
    },
  };
}
