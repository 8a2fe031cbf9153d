import { defineBench } from './bench.ts';
import { openBenchServer } from './database.ts';
import { diallingSides } from './dialling.ts';
import { bookedAhead, spreadOver } from './loads.ts';
import { compare } from './measure.ts';

export default defineBench({
  title: 'Dial lateness: from the due time to the request at the carrier',
  async run(options) {
    await using server = await openBenchServer();
    const spread = await compare(diallingSides(server, spreadOver(20 * options.size, 2_000 * options.size)), options);
    const ahead = await compare(diallingSides(server, bookedAhead(20 * options.size)), options);
    return [
      ...spread.map((row) => ({ load: 'spread', ...row })),
      ...ahead.map((row) => ({ load: 'booked 1 s ahead', ...row })),
    ];
  },
});
