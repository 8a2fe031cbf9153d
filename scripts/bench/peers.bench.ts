import { defineBench } from './bench.ts';
import { bookingSides } from './booking-sides.ts';
import { openBenchServer } from './database.ts';
import { diallingSides } from './dialling.ts';
import { bookedAhead, spreadOver, spreadTimes } from './loads.ts';
import { compare } from './measure.ts';
import { installedPeers, peersBookedAhead, peersBooking, peersDialling } from './peer-sides.ts';

export default defineBench({
  title: 'Other schedulers at their best settings beside ours and the floor, one job per callback, one request per job',
  async run(options) {
    const peers = installedPeers();
    await using server = await openBenchServer();
    const { size } = options;
    const spread = await compare(
      [
        ...diallingSides(server, spreadOver(20 * size, 2_000 * size)),
        ...peersDialling(server, peers, (nowMs) => spreadTimes(nowMs, 20 * size, 2_000 * size)),
      ],
      options,
    );
    const burst = await compare(
      [
        ...diallingSides(server, spreadOver(200 * size, 0)),
        ...peersDialling(server, peers, (nowMs) => spreadTimes(nowMs, 200 * size, 0)),
      ],
      options,
    );
    const ahead = await compare(
      [...diallingSides(server, bookedAhead(20 * size)), ...peersBookedAhead(server, peers, 20 * size)],
      options,
    );
    const booking = await compare(
      [...bookingSides(server, 1_000 * size), ...peersBooking(server, peers, 1_000 * size)],
      options,
    );
    return [
      ...spread.map((row) => ({ load: 'spread', ...row })),
      ...burst.map((row) => ({ load: 'all at one instant', ...row })),
      ...ahead.map((row) => ({ load: 'booked 1 s ahead', ...row })),
      ...booking.map((row) => ({ load: 'bookings', ...row })),
    ];
  },
});
