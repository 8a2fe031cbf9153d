import { PgBoss } from 'pg-boss';

/** pg-boss with large batches, four workers and the fastest poll that it takes. */
export async function open({ databaseUrl, onDue }) {
  const boss = new PgBoss({ connectionString: databaseUrl, max: 10, schedule: false });
  boss.on('error', () => undefined);
  boss.on('warning', () => undefined);
  await boss.start();
  await boss.createQueue('call');
  return {
    book: ({ to, dueMs }) => boss.send('call', { to }, { startAfter: new Date(dueMs) }),
    bookAll: (jobs) =>
      boss.insert(
        'call',
        jobs.map(({ to, dueMs }) => ({ data: { to }, startAfter: new Date(dueMs) })),
      ),
    async work() {
      const options = { batchSize: 200, pollingIntervalSeconds: 0.5, localConcurrency: 4, burstWhenBatchFull: true };
      await boss.work('call', options, async (jobs) => {
        await Promise.all(jobs.map(({ data }) => onDue(data)));
      });
    },
    close: () => boss.stop({ graceful: true, timeout: 5_000 }),
  };
}
