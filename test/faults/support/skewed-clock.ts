/*
 * To be imported before the product (NODE_OPTIONS=--import): from then on the wall clock of the process is wrong by
 * WALL_CLOCK_AHEAD_MS, as on a machine whose clock was set wrongly. Timers and `performance.now()` go on as they are,
 * which is what a wrong wall clock leaves alone.
 */

const aheadMs = Number(process.env['WALL_CLOCK_AHEAD_MS'] ?? 0);
const RealDate = Date;
const { instant } = Temporal.Now;

class SkewedDate extends RealDate {
  constructor(...given: [] | ConstructorParameters<typeof Date>) {
    if (given.length === 0) super(RealDate.now() + aheadMs);
    else super(...given);
  }

  static override now(): number {
    return RealDate.now() + aheadMs;
  }
}

globalThis.Date = SkewedDate as DateConstructor;
const skewed = (): Temporal.Instant => instant().add({ milliseconds: aheadMs });
Object.assign(Temporal.Now, {
  instant: skewed,
  zonedDateTimeISO: (zone = Temporal.Now.timeZoneId()) => skewed().toZonedDateTimeISO(zone),
});
