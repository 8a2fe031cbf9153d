import { describe, expect, test } from 'vitest';
import type { Carrier } from '../../../src/carriers/carrier.ts';
import { openAccountWatch } from '../../../src/scheduler/account-watch.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';

type Look = NonNullable<Carrier['accountMayCall']>;

class Watch {
  readonly clock = new SimClock();
  readonly paused = new Set<string>();
  readonly resumed: string[] = [];
  readonly looks = new Map<string, Look>();
  databaseAway = false;
  readonly service = openAccountWatch({
    paused: async () => {
      if (this.databaseAway) throw new Error('away');
      return [...this.paused].map((carrier) => ({ carrier }));
    },
    resume: async (carrier) => {
      this.resumed.push(carrier);
      this.paused.delete(carrier);
    },
    carrierOf: (name) => {
      const accountMayCall = this.looks.get(name);
      return accountMayCall === undefined ? undefined : ({ accountMayCall } as Partial<Carrier> as Carrier);
    },
    clock: this.clock,
    log: quietLog(),
  });
}

describe('a carrier that is paused for a fault of its account', () => {
  test('is looked at each minute, and goes on by itself once the account is in order', async () => {
    const watch = new Watch();
    let looks = 0;
    let inOrder = false;
    watch.looks.set('twilio', async () => {
      looks += 1;
      return inOrder;
    });
    watch.paused.add('twilio');
    watch.service.start();
    await watch.clock.advance(59_000);
    expect(looks).toBe(0);
    await watch.clock.advance(121_000);
    expect(looks).toBe(3);
    expect(watch.resumed).toEqual([]);
    inOrder = true;
    await watch.clock.advance(60_000);
    expect(watch.resumed).toEqual(['twilio']);
    // What is not paused is not asked about.
    await watch.clock.advance(300_000);
    expect(looks).toBe(4);
    await watch.service.stop();
    expect(watch.clock.pending).toBe(0);
  });

  test('that does not answer stays paused, and holds up no other', async () => {
    const watch = new Watch();
    watch.looks.set(
      'silent',
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    watch.looks.set('broken', () => Promise.reject(new Error('500')));
    watch.looks.set('twilio', async () => true);
    for (const name of ['silent', 'broken', 'unknown', 'twilio']) watch.paused.add(name);
    watch.service.start();
    await watch.clock.advance(60_000 + 6_000);
    expect(watch.resumed).toEqual(['twilio']);
    await watch.service.stop();
  });

  test('is looked at again after the database was away', async () => {
    const watch = new Watch();
    watch.looks.set('twilio', async () => true);
    watch.paused.add('twilio');
    watch.databaseAway = true;
    watch.service.start();
    await watch.clock.advance(60_000);
    watch.databaseAway = false;
    await watch.clock.advance(60_000);
    expect(watch.resumed).toEqual(['twilio']);
    await watch.service.stop();
  });
});
