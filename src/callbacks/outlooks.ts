import type { Callback } from '../domain/callback.ts';
import { outlook } from './book.ts';
import type { CallbackDeps } from './deps.ts';

const PAGE = 200;
/** Callbacks beyond these keep what they say until the last look, which decides anyway. */
const MOST_LOOKED_AT = 2_000;

/**
 * Brings the warnings of open callbacks in step after numbers changed: one that said that nothing can dial it is quiet
 * again, and one that nothing can dial any more says so. The last look before the dial decides either way.
 */
export async function refreshOutlooks(deps: CallbackDeps): Promise<void> {
  let looked = 0;
  let after: { dueAt: Temporal.Instant; id: string } | undefined;
  for (;;) {
    const page = await deps.store.list({
      statuses: ['scheduled', 'no_answer'],
      order: 'asc',
      limit: PAGE,
      after,
    });
    for (const callback of page) if (isWaiting(callback)) await refresh(deps, callback.id);
    looked += page.length;
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined || looked >= MOST_LOOKED_AT) return;
    after = { dueAt: last.dueAt, id: last.id };
  }
}

async function refresh(deps: CallbackDeps, id: string): Promise<void> {
  await deps.store.transact(async (tx) => {
    // Whoever holds it is about to dial or change it, and looks for itself.
    const callback = await tx.lockCallback(id, { skipLocked: true });
    if (callback === undefined || !isWaiting(callback)) return;
    const { from, warning } = outlook(deps, await tx.numbersOf(callback.agentId), callback.to, callback.from);
    const unable = outlook(deps, [], callback.to, null).warning;
    if (warning === null ? callback.warning !== unable : callback.warning === warning) return;
    await tx.updateCallback(callback, { from, warning });
    tx.changed('callback.changed', id);
  });
}

function isWaiting(callback: Callback): boolean {
  return callback.nextAttemptAt !== null && (callback.status === 'scheduled' || callback.status === 'no_answer');
}
