import { Queue, Worker } from 'bullmq';

/** BullMQ with a hundred jobs at once; how soon it wakes depends on the `hz` of its Redis. */
export async function open({ redisPort, onDue }) {
  const connection = { host: '127.0.0.1', port: redisPort };
  const queue = new Queue('call', { connection, defaultJobOptions: { removeOnComplete: true } });
  await queue.waitUntilReady();
  const job = ({ to, dueMs }) => ({ name: 'call', data: { to }, opts: { delay: Math.max(0, dueMs - wallMs()) } });
  let worker;
  return {
    book(one) {
      const { name, data, opts } = job(one);
      return queue.add(name, data, opts);
    },
    bookAll: (jobs) => queue.addBulk(jobs.map(job)),
    async work() {
      worker = new Worker('call', ({ data }) => onDue(data), { connection, concurrency: 100 });
      worker.on('error', () => undefined);
      await worker.waitUntilReady();
    },
    async close() {
      await worker?.close();
      await queue.close();
    },
  };
}

function wallMs() {
  return Temporal.Now.instant().epochMilliseconds;
}
