import { findCurrentAgent } from '../../db/agent-store.ts';
import type { Transaction } from '../../db/database.ts';
import {
  agentServedBy,
  deletePhoneNumber,
  findPhoneNumber,
  insertPhoneNumber,
  numbersOfAgent,
  peopleWaitingFor,
  updatePhoneNumber,
  type PhoneNumber,
} from '../../db/phone-number-store.ts';
import { auditSetUp, changeSetUp } from '../../db/set-up.ts';
import { uuidv7 } from '../../db/uuid.ts';
import { reaches } from '../callbacks/deps.ts';
import { refreshOutlooks } from '../callbacks/outlooks.ts';
import { isBrowserNumber, normaliseNumber } from '../domain/numbers.ts';
import { RingbackError } from '../errors.ts';
import { difference, fieldFault, withPart, type Operator, type Part, type SetUpDeps } from './deps.ts';

/** A number to be added. Inbound is on and outbound off unless it says otherwise. */
export interface NewPhoneNumber extends PhoneNumberChange {
  readonly number: string;
  readonly carrier: string;
}

export type PhoneNumberChange = Part<Pick<PhoneNumber, 'agentId' | 'inboundEnabled' | 'outboundEnabled'>>;

/** Of more open callbacks than these, these speak for all. */
const MOST_PEOPLE = 1_000;

/**
 * Adds a number of ours. Throws `invalid_request` for what is no full international number, a carrier that is not set up
 * or has no such numbers, an agent that does not exist; `in_use` for one that is there already.
 */
export async function addPhoneNumber(deps: SetUpDeps, input: NewPhoneNumber, actor: Operator): Promise<PhoneNumber> {
  const number = normaliseNumber(input.number);
  if (number === undefined || isBrowserNumber(number))
    throw fieldFault('number', 'not a full international number, such as +13125550100');
  const carrier = deps.callbacks.carrierOf(input.carrier);
  if (carrier === undefined) throw fieldFault('carrier', 'no such carrier is set up here');
  if (!carrier.reaches(number)) throw fieldFault('carrier', 'this carrier has no such numbers');
  const added = withPart<PhoneNumber>(
    {
      id: uuidv7(),
      number,
      carrier: input.carrier,
      agentId: null,
      inboundEnabled: true,
      outboundEnabled: false,
      builtIn: false,
    },
    { agentId: input.agentId, inboundEnabled: input.inboundEnabled, outboundEnabled: input.outboundEnabled },
  );
  await changeSetUp(deps.database, async (orm) => {
    await requireAgent(orm, added.agentId);
    if (!(await insertPhoneNumber(orm, added)))
      throw new RingbackError('in_use', ['this number is there already'], {
        details: { fields: [{ path: 'number', message: 'it is there already' }] },
      });
    await auditSetUp(orm, { ...subject(actor, 'phone_number.added', added.id), after: added });
  });
  await refreshOutlooks(deps.callbacks);
  return added;
}

/** Changes who answers a number, or its switches. Throws `not_found`, and `invalid_request` for an agent that does not exist. */
export async function changePhoneNumber(
  deps: SetUpDeps,
  id: string,
  change: PhoneNumberChange,
  actor: Operator,
): Promise<PhoneNumber> {
  const { known, next } = await changeSetUp(deps.database, async (orm) => {
    const before = await findPhoneNumber(orm, id);
    if (before === undefined) throw new RingbackError('not_found', ['phone number']);
    const after = withPart<PhoneNumber>(before, change);
    const told = difference(before, after);
    if (Object.keys(told.after).length === 0) return { known: before, next: before };
    if (after.agentId !== before.agentId) await requireAgent(orm, after.agentId);
    await updatePhoneNumber(orm, after);
    await auditSetUp(orm, { ...subject(actor, 'phone_number.changed', id), ...told });
    return { known: before, next: after };
  });
  const mattersForDials = known.agentId !== next.agentId || known.outboundEnabled !== next.outboundEnabled;
  if (mattersForDials) await refreshOutlooks(deps.callbacks);
  return next;
}

/**
 * Deletes a number of ours. Nothing happens where it is gone already. Throws `in_use` for a built-in one, and while it is
 * the last from which open callbacks could be dialled (details: `openCallbacks`).
 */
export async function removePhoneNumber(deps: SetUpDeps, id: string, actor: Operator): Promise<void> {
  const removed = await changeSetUp(deps.database, async (orm) => {
    const known = await findPhoneNumber(orm, id);
    if (known === undefined) return false;
    if (known.builtIn) throw new RingbackError('in_use', ["the browser's number is built in and can't be deleted"]);
    const openCallbacks = await dialledFromNowhereElse(deps, orm, known);
    if (openCallbacks > 0) {
      const callbacks = openCallbacks === 1 ? '1 open callback' : `${openCallbacks} open callbacks`;
      throw new RingbackError(
        'in_use',
        [`this number can't be deleted: ${callbacks} could be dialled from no other number`],
        { details: { openCallbacks } },
      );
    }
    await deletePhoneNumber(orm, id);
    await auditSetUp(orm, { ...subject(actor, 'phone_number.deleted', id), before: known });
    return true;
  });
  if (removed) await refreshOutlooks(deps.callbacks);
}

/** How many open callbacks would have no number left: none that may dial out, or none that could be switched on. */
async function dialledFromNowhereElse(deps: SetUpDeps, orm: Transaction, leaving: PhoneNumber): Promise<number> {
  const agent = await agentServedBy(orm, leaving);
  if (agent === undefined) return 0;
  const rest = (await numbersOfAgent(orm, agent)).filter(({ id }) => id !== leaving.id);
  const people = await peopleWaitingFor(orm, agent.id, MOST_PEOPLE);
  return people.filter((person) => {
    if (!reaches(deps.callbacks, leaving.carrier, person)) return false;
    const able = rest.filter(({ carrier }) => reaches(deps.callbacks, carrier, person));
    return !able.some(({ outboundEnabled }) => outboundEnabled) && (leaving.outboundEnabled || able.length === 0);
  }).length;
}

async function requireAgent(orm: Transaction, agentId: string | null): Promise<void> {
  if (agentId !== null && (await findCurrentAgent(orm, agentId)) === undefined)
    throw fieldFault('agentId', 'there is no such agent');
}

function subject(actor: Operator, action: string, subjectId: string) {
  return { actor, action, subjectType: 'phone_number', subjectId } as const;
}
