import { randomUUID } from 'node:crypto';
import { openReplicaStore } from '../../db/replica-store.ts';
import { claimBatch } from '../../src/callbacks/claim.ts';
import { callbackDeps, openTestDatabase } from '../../test/integration/scheduler/parts.ts';
import type { BenchDatabase } from './database.ts';
import { quantile, round } from './figures.ts';

const OWNER_LEASE_MS = 600_000;

/**
 * How long the claim of one callback takes that is due, by the product's own use-case: the lock, the last look, the
 * intent, the commit. The callbacks are the next ones in their table, pulled forward to now.
 */
export async function measureClaims(database: BenchDatabase, count: number) {
  await using opened = openTestDatabase(database.url);
  await opened.ready();
  const ownerId = randomUUID();
  const grant = await openReplicaStore(opened).enter({
    id: ownerId,
    version: 'bench',
    leaseMs: OWNER_LEASE_MS,
    above: 0,
    draining: false,
  });
  const due = await database.sql<{ id: string }[]>`
    with next as (select fire_at, id from timer order by fire_at limit ${count}),
    moved as (update timer t set fire_at = date_trunc('milliseconds', now())
      from next where t.fire_at = next.fire_at and t.id = next.id)
    update callback c set next_attempt_at = date_trunc('milliseconds', now()) from next where c.id = next.id
    returning c.id`;
  const deps = callbackDeps(opened, '');
  const tookMs: number[] = [];
  let claimed = 0;
  for (const { id } of due) {
    const startedAtMs = performance.now();
    const results = await claimBatch(deps, {
      callbackIds: [id],
      ownerId,
      ownerEpoch: grant.epoch,
      leadMs: 0,
      linesFree: Infinity,
      vendorsDown: () => [],
    });
    tookMs.push(performance.now() - startedAtMs);
    if (results.get(id)?.do === 'dial') claimed += 1;
  }
  return { claimed, 'claim p50 ms': round(quantile(tookMs, 0.5)), 'claim p99 ms': round(quantile(tookMs, 0.99)) };
}
