import { enableCompileCache } from 'node:module';
import { defaultCallbackTimes } from '../../src/callbacks/deps.ts';
import { defaultAbandonedTimes } from '../../src/conversations/abandoned.ts';
import { main } from '../../src/main.ts';
import { defaultOutboundHoldTimes } from '../../src/scheduler/outbound-hold.ts';
import { defaultSchedulerTimes } from '../../src/scheduler/times.ts';

/*
 * The product with internal times that a test can wait for: what is unknown about a dial is settled within seconds, not
 * minutes. Everything else is as `scripts/start.ts` has it.
 */

enableCompileCache();
process.exitCode = await main(process.env, {
  callbacks: {
    ...defaultCallbackTimes,
    ringGraceMs: 5_000,
    answeredPollMs: 5_000,
    unknownChecksMs: [500, 1_500, 3_000],
  },
  scheduler: { ...defaultSchedulerTimes, heartbeatEveryMs: 700, leaseMs: 3_500 },
  abandoned: { ...defaultAbandonedTimes, everyMs: 1_000, leaselessMs: 8_000 },
  accountWatch: { everyMs: 2_000, deadlineMs: 5_000 },
  outboundHold: {
    ...defaultOutboundHoldTimes,
    // How much a standby may lag, and how soon a restore is known: one test's wish is the other one's bane.
    epochEveryMs: Number(process.env['TEST_EPOCH_MS'] ?? defaultOutboundHoldTimes.epochEveryMs),
    lookEveryMs: 1_000,
    settleMs: 1_000,
  },
});
