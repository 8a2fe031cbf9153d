import { defineBench } from './bench.ts';
import { bookingSides } from './booking-sides.ts';
import { openBenchServer } from './database.ts';
import { compare } from './measure.ts';

export default defineBench({
  title: 'Bookings per second through the use-case, 10 in flight from one process, each commit waiting for the disk',
  async run(options) {
    await using server = await openBenchServer();
    return await compare(bookingSides(server, 1_000 * options.size), options);
  },
});
