import type { Row } from './bench.ts';
import { defineBench } from './bench.ts';
import { openBenchServer, type BenchServer } from './database.ts';
import { measureIdle } from './idleness.ts';
import { insertMany } from './many.ts';
import { compare } from './measure.ts';

const WEEK_MS = 7 * 86_400_000;

export default defineBench({
  title: 'An idle replica with many callbacks in a week: transactions at the database per second, CPU, memory',
  async run(options) {
    await using server = await openBenchServer();
    const many = 100_000 * options.size;
    return await compare(
      [
        { name: 'none due', run: () => idle(server, 0) },
        { name: `${many} due in a week`, run: () => idle(server, many) },
      ],
      options,
    );
  },
});

async function idle(server: BenchServer, count: number): Promise<Row> {
  await using database = await server.fresh();
  await insertMany(database.sql, count, (await database.nowMs()) + WEEK_MS, 10);
  return { callbacks: count, ...(await measureIdle(database)) };
}
