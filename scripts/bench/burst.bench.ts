import { defineBench } from './bench.ts';
import { openBenchServer } from './database.ts';
import { diallingSides } from './dialling.ts';
import { spreadOver } from './loads.ts';
import { compare } from './measure.ts';

export default defineBench({
  title: 'Many callbacks due at one instant, pacing lifted: when the last intent is committed, and the requests',
  async run(options) {
    await using server = await openBenchServer();
    return await compare(diallingSides(server, spreadOver(200 * options.size, 0)), options);
  },
});
