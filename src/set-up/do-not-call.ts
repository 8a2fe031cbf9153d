import { deleteDoNotCall, findDoNotCall, type DoNotCallEntry } from '../../db/do-not-call-store.ts';
import { auditSetUp, changeSetUp } from '../../db/set-up.ts';
import { addDoNotCall } from '../callbacks/do-not-call.ts';
import { normaliseNumber } from '../domain/numbers.ts';
import { RingbackError } from '../errors.ts';
import { fieldFault, type Operator, type SetUpDeps } from './deps.ts';

/**
 * Puts a number on the do-not-call list, once, and cancels its open callbacks; says whether it is new there. Throws
 * `invalid_request` for what is no number.
 */
export async function listNumber(
  deps: SetUpDeps,
  input: { number: string; reason: string },
  actor: Operator,
): Promise<{ entry: DoNotCallEntry; isNew: boolean; cancelled: number }> {
  const number = normaliseNumber(input.number);
  if (number === undefined) throw fieldFault('number', 'not a full international number, such as +13125550142');
  const known = await findDoNotCall(deps.database, number);
  const cancelled = await addDoNotCall(deps.callbacks, { number, reason: input.reason }, actor);
  const entry = await findDoNotCall(deps.database, number);
  // Somebody may have taken it off in the same moment; then theirs was the later word.
  if (entry === undefined) throw new RingbackError('not_found', ['number on the list']);
  return { entry, isNew: known === undefined, cancelled };
}

/** Takes a number off the list; nothing happens where it is not on it. Cancelled callbacks stay cancelled. */
export async function unlistNumber(deps: SetUpDeps, id: string, actor: Operator): Promise<void> {
  await changeSetUp(deps.database, async (orm) => {
    const number = await deleteDoNotCall(orm, id);
    if (number !== undefined)
      await auditSetUp(orm, { actor, action: 'do_not_call.removed', subjectType: 'number', subjectId: number });
  });
}
