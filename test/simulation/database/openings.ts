import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import type { Client } from './client.ts';
import type { Wait } from './server.ts';
import type { Tables } from './tables.ts';

/** See db/openings.ts: one statement, which looks again at the row once it has it. */
export function beginSimOpening(client: Client, tables: Tables, attemptId: string): Promise<boolean> {
  const { attempt, callback } = tables;
  return client.run(function* (tx): Generator<Wait, boolean, void> {
    const may = (row: CallbackAttempt): boolean => row.status === 'answered' && row.endedAt === null;
    const seen = attempt.get(tx, attemptId);
    const holder = seen === undefined ? undefined : callback.get(tx, seen.callbackId);
    if (seen === undefined || !may(seen) || holder?.currentAttemptId !== attemptId || holder.hangupRequested)
      return false;
    const [row] = yield* attempt.lockWhere(tx, [seen], may);
    if (row === undefined) return false;
    const now = Temporal.Instant.fromEpochMilliseconds(Math.floor(tx.nowMs));
    yield* attempt.update(tx, { ...row, openingAt: row.openingAt ?? now });
    return true;
  });
}
