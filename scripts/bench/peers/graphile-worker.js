import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';

/** graphile-worker with its own batching and a poll that is twenty times faster than it comes. */
export async function open({ databaseUrl, onDue }) {
  const logger = new Logger(() => () => undefined);
  const pgPool = new pg.Pool({ connectionString: databaseUrl, max: 25 });
  pgPool.on('error', () => undefined);
  pgPool.on('connect', (client) => client.on('error', () => undefined));
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  let runner;
  return {
    book: ({ to, dueMs }) => utils.addJob('call', { to }, { runAt: new Date(dueMs) }),
    bookAll: (jobs) =>
      utils.addJobs(jobs.map(({ to, dueMs }) => ({ identifier: 'call', payload: { to }, runAt: new Date(dueMs) }))),
    async work() {
      runner = await run({
        pgPool,
        logger,
        noHandleSignals: true,
        taskList: { call: (payload) => onDue(payload) },
        preset: {
          worker: {
            concurrentJobs: 24,
            maxPoolSize: 25,
            pollInterval: 100,
            localQueue: { size: 500 },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0,
          },
        },
      });
    },
    async close() {
      await runner?.stop();
      await utils.release();
      await pgPool.end();
    },
  };
}
