import { defineBench } from './bench.ts';
import { openBenchServer } from './database.ts';
import { diallingSides } from './dialling.ts';
import { compare } from './measure.ts';

const START_MS = 5_000;

export default defineBench({
  title: 'Many callbacks due at one instant, pacing lifted: when the last intent is committed, and the requests',
  async run(options) {
    await using server = await openBenchServer();
    return await compare(
      diallingSides(server, async (database) => {
        const atMs = (await database.nowMs()) + START_MS;
        return { due: await database.insertCallbacks(Array.from({ length: 200 * options.size }, () => atMs)) };
      }),
      options,
    );
  },
});
