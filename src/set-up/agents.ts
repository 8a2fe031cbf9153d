import {
  findCurrentAgent,
  findDefaultAgent,
  insertAgent,
  lookWhoNeedsAgent,
  markAgentDeleted,
  takeDefaultAway,
  updateAgent,
} from '../../db/agent-store.ts';
import type { Transaction } from '../../db/database.ts';
import { auditSetUp, changeSetUp } from '../../db/set-up.ts';
import { uuidv7 } from '../../db/uuid.ts';
import { refreshOutlooks } from '../callbacks/outlooks.ts';
import {
  defaultCallbackPolicy,
  defaultLimits,
  type AgentSettings,
  type CallbackPolicy,
  type RetryDelays,
} from '../domain/agent.ts';
import { RingbackError } from '../errors.ts';
import { difference, fieldFault, withPart, type Operator, type Part, type SetUpDeps } from './deps.ts';

type Plain = Omit<AgentSettings, 'id' | 'disclosure' | 'limits' | 'tools' | 'callbackPolicy'>;

/** What is to change of an agent. Objects of settings are merged, lists and calling hours replaced. */
export interface AgentChange extends Part<Plain> {
  readonly disclosure?: Part<AgentSettings['disclosure']> | undefined;
  readonly limits?: Part<AgentSettings['limits']> | undefined;
  readonly tools?: Readonly<Record<string, boolean>> | undefined;
  readonly callbackPolicy?:
    | (Part<Omit<CallbackPolicy, 'retryDelaysMinutes'>> & {
        readonly retryDelaysMinutes?: Part<RetryDelays> | undefined;
      })
    | undefined;
}

export type NewAgent = AgentChange & { readonly name: string };

/**
 * Makes an agent; what is not given is as for the first one, in the default agent's zone, with all of `toolSettings` on.
 * Throws `invalid_request` for settings that contradict each other.
 */
export async function createAgent(
  deps: SetUpDeps,
  input: NewAgent,
  options: { actor: Operator; toolSettings: readonly string[] },
): Promise<AgentSettings> {
  const home = await findDefaultAgent(deps.database);
  const agent = changed(
    {
      id: uuidv7(),
      name: '',
      prompt: '',
      greeting: '',
      language: home?.language ?? 'en-US',
      timeZone: home?.timeZone ?? 'UTC',
      isDefault: false,
      stt: null,
      llm: null,
      voice: null,
      recording: 'announce',
      disclosure: { enabled: true, businessName: home?.disclosure.businessName ?? '' },
      limits: defaultLimits,
      tools: Object.fromEntries(options.toolSettings.map((setting) => [setting, true])),
      callbackPolicy: defaultCallbackPolicy,
    },
    input,
  );
  await changeSetUp(deps.database, async (orm) => {
    if (agent.isDefault) await passDefaultOn(orm, options.actor);
    await insertAgent(orm, agent);
    await auditSetUp(orm, { ...subject(options.actor, 'agent.created', agent.id), after: agent });
    await noticeDisclosure(orm, options.actor, agent, true);
  });
  if (agent.isDefault) await refreshOutlooks(deps.callbacks);
  return agent;
}

/**
 * Changes an agent. Made the default, it takes that from the other in the same moment; the default alone can't give it
 * up. Throws `not_found`, and `invalid_request` for settings that contradict each other.
 */
export async function changeAgent(
  deps: SetUpDeps,
  id: string,
  change: AgentChange,
  actor: Operator,
): Promise<AgentSettings> {
  const { before, after } = await changeSetUp(deps.database, async (orm) => {
    const known = await findCurrentAgent(orm, id);
    if (known === undefined) throw new RingbackError('not_found', ['agent']);
    const next = changed(known, change);
    if (known.isDefault && !next.isDefault)
      throw fieldFault('isDefault', 'one agent is always the default; make another one the default instead');
    const told = difference(known, next);
    if (Object.keys(told.after).length === 0) return { before: known, after: known };
    if (next.isDefault && !known.isDefault) await passDefaultOn(orm, actor);
    await updateAgent(orm, next);
    await auditSetUp(orm, { ...subject(actor, 'agent.changed', id), ...told });
    await noticeDisclosure(orm, actor, next, known.disclosure.enabled);
    return { before: known, after: next };
  });
  if (before.isDefault !== after.isDefault) await refreshOutlooks(deps.callbacks);
  return after;
}

/**
 * Takes an agent out of the set-up; calls and callbacks of the past keep their row. Nothing happens where it is gone
 * already. Throws `in_use` (details: `isDefault`, `openCallbacks`, `liveCalls`, `phoneNumbers`) while anything needs it.
 */
export async function deleteAgent(deps: SetUpDeps, id: string, actor: Operator): Promise<void> {
  await changeSetUp(deps.database, async (orm) => {
    const needs = await lookWhoNeedsAgent(orm, id);
    const known = await findCurrentAgent(orm, id);
    if (known === undefined) return;
    const reasons = [
      ...(known.isDefault ? ['it is the default agent (make another one the default first)'] : []),
      ...(needs.openCallbacks > 0 ? [`${counted(needs.openCallbacks, 'open callback')} with it`] : []),
      ...(needs.liveCalls > 0 ? [`${counted(needs.liveCalls, 'call')} going on with it`] : []),
      ...(needs.numbers.length > 0 ? [`it answers on ${needs.numbers.slice(0, 5).join(', ')}`] : []),
    ];
    if (reasons.length > 0) {
      throw new RingbackError('in_use', [`this agent can't be deleted: ${reasons.join('; ')}`], {
        details: {
          isDefault: known.isDefault,
          openCallbacks: needs.openCallbacks,
          liveCalls: needs.liveCalls,
          phoneNumbers: needs.numbers,
        },
      });
    }
    await markAgentDeleted(orm, id);
    await auditSetUp(orm, { ...subject(actor, 'agent.deleted', id), before: known });
  });
}

function changed(known: AgentSettings, change: AgentChange): AgentSettings {
  const { disclosure, limits, tools, callbackPolicy, ...plain } = change;
  const { retryDelaysMinutes, ...policy } = callbackPolicy ?? {};
  const next: AgentSettings = {
    ...withPart<Plain & AgentSettings>(known, plain),
    disclosure: withPart(known.disclosure, disclosure),
    limits: withPart(known.limits, limits),
    tools: { ...known.tools, ...tools },
    callbackPolicy: {
      ...withPart(known.callbackPolicy, policy),
      retryDelaysMinutes: withPart(known.callbackPolicy.retryDelaysMinutes, retryDelaysMinutes),
    },
  };
  checkTogether(next.callbackPolicy);
  return next;
}

/** What no single member can tell. */
function checkTogether(policy: CallbackPolicy): void {
  if (policy.onMachine === 'leave_message' && policy.machineMessage.trim() === '')
    throw fieldFault('callbackPolicy.machineMessage', 'say what to leave on an answering machine');
  if (policy.onMachine === 'leave_message' && !policy.detectMachines)
    throw fieldFault('callbackPolicy.detectMachines', 'a message can be left only where machines are detected');
  const hours = policy.callingHours;
  if (hours !== null && hours.start === hours.end)
    throw fieldFault('callbackPolicy.callingHours', 'hours that end when they begin hold no time; use null for always');
}

async function passDefaultOn(orm: Transaction, actor: Operator): Promise<void> {
  const former = await takeDefaultAway(orm);
  if (former === undefined) return;
  await auditSetUp(orm, {
    ...subject(actor, 'agent.changed', former),
    before: { isDefault: true },
    after: { isDefault: false },
  });
}

/** That callers are not told of the AI any more has a line of its own: it is looked for. */
async function noticeDisclosure(
  orm: Transaction,
  actor: Operator,
  agent: AgentSettings,
  wasEnabled: boolean,
): Promise<void> {
  if (agent.disclosure.enabled === wasEnabled) return;
  const action = agent.disclosure.enabled ? 'agent.disclosure_switched_on' : 'agent.disclosure_switched_off';
  await auditSetUp(orm, subject(actor, action, agent.id));
}

function subject(actor: Operator, action: string, subjectId: string) {
  return { actor, action, subjectType: 'agent', subjectId } as const;
}

function counted(rows: number, noun: string): string {
  return rows === 1 ? `there is 1 ${noun}` : `there are ${rows} ${noun}s`;
}
