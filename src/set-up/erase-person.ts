import { auditSetUp } from '../../db/set-up.ts';
import {
  erasePerson as eraseRows,
  isOurs,
  openCallbacksTo,
  tracesOf,
  type PersonTraces,
} from '../../db/person-store.ts';
import { cancelCallback } from '../callbacks/cancel.ts';
import { isBrowserNumber, normaliseNumber } from '../domain/numbers.ts';
import { isRingbackError, RingbackError } from '../errors.ts';
import { fieldFault, type Operator, type SetUpDeps } from './deps.ts';

export interface EraseDeps extends SetUpDeps {
  /** Erases the recordings of these calls that lie here; returns how many files went. */
  readonly eraseFiles: (callIds: ReadonlySet<string>) => Promise<number>;
  readonly onLostHint: (error: unknown) => void;
}

/** What is kept about whoever has a number. Throws `invalid_request` for what is no number. */
export async function lookUpPerson(deps: SetUpDeps, typed: string): Promise<PersonTraces & { number: string }> {
  const number = await theirs(deps, typed);
  return { number, ...(await tracesOf(deps.database.orm, number)) };
}

/**
 * Erases a person: what they said, what was recorded, what was noted. Their open callbacks are cancelled first. Rows
 * without words stay, and so do the do-not-call list and the bare number. A crash in between leaves files that the next
 * round of the retention erases. Throws `invalid_request` for what is no number, `in_use` while a call with them goes on
 * or has only just ended.
 */
export async function erasePerson(
  deps: EraseDeps,
  typed: string,
  actor: Operator,
): Promise<{ calls: number; callbacks: number; recordings: number; cancelledCallbacks: number }> {
  const number = await theirs(deps, typed);
  refuseLive(await tracesOf(deps.database.orm, number));
  let cancelledCallbacks = 0;
  for (const id of await openCallbacksTo(deps.database, number)) {
    if (await cancelled(deps, id, actor)) cancelledCallbacks += 1;
  }
  const { callIds, callbacks } = await eraseRows(deps.database, number, {
    onLostHint: deps.onLostHint,
    check(traces) {
      refuseLive(traces);
      if (traces.openCallbacks > 0)
        throw new RingbackError('in_use', ['this person is just being called; try again when that call is over']);
    },
    note: (orm, erased) =>
      auditSetUp(orm, {
        actor,
        action: 'person.erased',
        subjectType: 'number',
        // Who asks to be forgotten does not stand in full in the log of it.
        subjectId: masked(number),
        after: { ...erased, cancelledCallbacks },
      }),
  });
  const recordings = callIds.length === 0 ? 0 : await deps.eraseFiles(new Set(callIds));
  return { calls: callIds.length, callbacks, recordings, cancelledCallbacks };
}

/** A number of ours stands in everybody's calls. */
async function theirs(deps: SetUpDeps, typed: string): Promise<string> {
  const number = numberOf(typed);
  if (await isOurs(deps.database, number))
    throw fieldFault('number', 'this is one of our own numbers; give that of the person');
  return number;
}

function refuseLive({ liveCalls }: PersonTraces): void {
  if (liveCalls > 0)
    throw new RingbackError('in_use', [
      'a call with this person goes on, or ended less than a minute ago; try again a minute after its end',
    ]);
}

/** False where it is over already; one that is just being dialled is found by the check that follows. */
async function cancelled(deps: SetUpDeps, id: string, actor: Operator): Promise<boolean> {
  try {
    await cancelCallback(deps.callbacks, id, actor);
    return true;
  } catch (error) {
    if (isRingbackError(error, 'not_cancellable')) return false;
    throw error;
  }
}

function numberOf(typed: string): string {
  const number = normaliseNumber(typed);
  if (number === undefined)
    throw fieldFault('number', 'not a full international number, such as +13125550142, nor a line of a browser');
  return number;
}

/** "+1312…42", "browser:ab…". */
function masked(number: string): string {
  return isBrowserNumber(number) ? `${number.slice(0, 10)}…` : `${number.slice(0, 5)}…${number.slice(-2)}`;
}
