import { randomUUID } from 'node:crypto';
import { wireTime } from '../../src/api/common.ts';
import type { AgentSettings } from '../../src/domain/agent.ts';
import { normaliseNumber } from '../../src/domain/numbers.ts';
import { RingbackError } from '../../src/errors.ts';
import type { AppDeps } from '../../src/http/deps.ts';
import { fieldFault, withPart } from '../../src/set-up/deps.ts';
import { pageOfRows } from './console-pages.ts';
import type { ConsoleWorld } from './console-world.ts';

type SetUp = Pick<AppDeps, 'agents' | 'phoneNumbers' | 'doNotCall' | 'outbound' | 'audit' | 'people'>;

/** The set-up of a gateway in memory, with the refusals that the console has to show. */
export function consoleSetUp(world: ConsoleWorld): SetUp {
  return {
    agents: agents(world),
    phoneNumbers: numbers(world),
    doNotCall: doNotCall(world),
    outbound: outbound(world),
    audit: async ({ area, q, limit, cursor }) =>
      pageOfRows(
        world.auditLog
          .filter(({ action }) => area === undefined || action.startsWith(`${area}.`))
          .filter(({ action, subjectId }) => q === undefined || action.includes(q) || subjectId.includes(q)),
        limit,
        cursor,
      ),
    people: people(world),
  };
}

function agents(world: ConsoleWorld): SetUp['agents'] {
  const one = (id: string): AgentSettings => {
    const agent = world.agents.find((each) => each.id === id);
    if (agent === undefined) throw new RingbackError('not_found', ['agent']);
    return agent;
  };
  const put = (agent: AgentSettings): AgentSettings => {
    const rest = world.agents.map((each) => (agent.isDefault ? { ...each, isDefault: false } : each));
    const known = rest.findIndex(({ id }) => id === agent.id);
    world.agents.splice(0, Infinity, ...(known === -1 ? [...rest, agent] : rest.with(known, agent)));
    return agent;
  };
  const changed = (known: AgentSettings, change: Parameters<SetUp['agents']['change']>[1]): AgentSettings => {
    const { disclosure, limits, tools, callbackPolicy, ...plain } = change;
    const { retryDelaysMinutes, ...policy } = callbackPolicy ?? {};
    if (policy.onMachine === 'leave_message' && (policy.machineMessage ?? '').trim() === '')
      throw fieldFault('callbackPolicy.machineMessage', 'say what to leave on an answering machine');
    return {
      ...withPart(known, plain),
      disclosure: withPart(known.disclosure, disclosure),
      limits: withPart(known.limits, limits),
      tools: { ...known.tools, ...tools },
      callbackPolicy: {
        ...withPart(known.callbackPolicy, policy),
        retryDelaysMinutes: withPart(known.callbackPolicy.retryDelaysMinutes, retryDelaysMinutes),
      },
    };
  };
  return {
    list: async () => ({ items: world.agents, nextCursor: null }),
    find: async (id) => world.agents.find((agent) => agent.id === id),
    create: async (input) => {
      const { id } = world.addAgent({ isDefault: false });
      return put(changed(one(id), input));
    },
    change: async (id, change) => put(changed(one(id), change)),
    remove: async (id) => {
      if (one(id).isDefault)
        throw new RingbackError('in_use', ["this agent can't be deleted: it is the default agent"]);
      world.agents.splice(world.agents.indexOf(one(id)), 1);
    },
  };
}

function numbers(world: ConsoleWorld): SetUp['phoneNumbers'] {
  return {
    list: async () => ({ items: world.numbers, nextCursor: null }),
    find: async (id) => world.numbers.find((number) => number.id === id),
    add: async (input) => {
      const number = normaliseNumber(input.number);
      if (number === undefined) throw fieldFault('number', 'not a full international number, such as +13125550100');
      return world.addNumber({ number, carrier: input.carrier, agentId: input.agentId ?? null });
    },
    change: async (id, change) => {
      const at = world.numbers.findIndex((number) => number.id === id);
      const known = world.numbers[at];
      if (known === undefined) throw new RingbackError('not_found', ['phone number']);
      const next = withPart(known, change);
      world.numbers[at] = next;
      return next;
    },
    remove: async (id) => {
      const number = world.numbers.find((each) => each.id === id);
      if (number === undefined) return;
      const waiting = [...world.callbacks.values()].filter(({ status }) => status === 'scheduled').length;
      if (number.outboundEnabled && waiting > 0)
        throw new RingbackError('in_use', [
          `this number can't be deleted: ${waiting} open callbacks could be dialled from no other number`,
        ]);
      world.numbers.splice(world.numbers.indexOf(number), 1);
    },
    wiring: async (id) => {
      const number = world.numbers.find((each) => each.id === id);
      if (number === undefined) throw new RingbackError('not_found', ['phone number']);
      const telephone = number.carrier !== 'browser';
      return {
        checks: [
          { name: 'carrier', ok: true, says: 'The carrier is set up.' },
          ...(telephone
            ? [
                {
                  name: 'public_url' as const,
                  ok: false,
                  says: 'PUBLIC_URL is http://127.0.0.1:8080: a carrier needs an https address that the internet can reach.',
                },
                { name: 'reachable' as const, ok: null, says: 'Not tried without an https address.' },
              ]
            : []),
          { name: 'inbound', ok: null, says: 'No call has come in yet.' },
        ],
        webhooks: telephone
          ? [{ path: '/voice', method: 'POST', url: `https://voice.example.com/carriers/${number.carrier}/voice` }]
          : [],
        lastInboundAt: null,
        lastOutboundAt: null,
      };
    },
  };
}

function people(world: ConsoleWorld): SetUp['people'] {
  const number = (typed: string): string => {
    const found = normaliseNumber(typed);
    if (found === undefined) throw fieldFault('number', 'not a full international number, such as +13125550142');
    return found;
  };
  const callsOf = (person: string) =>
    [...world.calls.values()].filter(({ from, to }) => from === person || to === person);
  const callbacksTo = (person: string) => [...world.callbacks.values()].filter(({ to }) => to === person);
  return {
    lookUp: async (typed) => {
      const person = number(typed);
      const calls = callsOf(person);
      return {
        number: person,
        calls: calls.length,
        callsWithWords: calls.filter(({ purgedAt }) => purgedAt == null).length,
        recordings: calls.filter(({ recordingFile }) => recordingFile !== null).length,
        callbacks: callbacksTo(person).length,
        openCallbacks: callbacksTo(person).filter(({ status }) => status === 'scheduled').length,
        liveCalls: calls.filter(({ endedAt }) => endedAt === null).length,
        onDoNotCall: false,
      };
    },
    erase: async (typed) => {
      const person = number(typed);
      const purgedAt = Temporal.Now.instant();
      const calls = callsOf(person);
      if (calls.some(({ endedAt }) => endedAt === null))
        throw new RingbackError('in_use', ['a call with this person goes on; try again when it is over']);
      const open = callbacksTo(person).filter(({ status }) => status === 'scheduled');
      for (const { id } of open)
        world.putCallback({ id, status: 'cancelled', cancelledBy: 'operator', nextAttemptAt: null });
      for (const { id } of calls) {
        world.turns.delete(id);
        world.putCall({ id, purgedAt, summary: null, recording: 'none', recordingFile: null });
      }
      for (const { id } of callbacksTo(person)) world.putCallback({ id, reason: '', toName: null, purgedAt });
      return {
        calls: calls.length,
        callbacks: callbacksTo(person).length,
        recordings: 0,
        cancelledCallbacks: open.length,
      };
    },
  };
}

function doNotCall(world: ConsoleWorld): SetUp['doNotCall'] {
  return {
    list: async () => ({ items: world.doNotCall, nextCursor: null }),
    add: async ({ number: typed, reason }) => {
      const number = normaliseNumber(typed);
      if (number === undefined) throw fieldFault('number', 'not a full international number, such as +13125550142');
      const entry = { id: randomUUID(), number, reason, createdAt: Temporal.Now.instant() };
      world.doNotCall.unshift(entry);
      return { entry, isNew: true, cancelled: 1 };
    },
    remove: async (id) => {
      const at = world.doNotCall.findIndex((entry) => entry.id === id);
      if (at !== -1) world.doNotCall.splice(at, 1);
    },
  };
}

function outbound(world: ConsoleWorld): SetUp['outbound'] {
  return {
    look: async () => ({
      held: world.heldReason !== null,
      heldReason: world.heldReason,
      carriers: world.carriers.map(({ name, paused }) => ({
        name,
        paused: paused !== null,
        reason: paused,
        since: paused === null ? null : wireTime(Temporal.Now.instant().subtract({ minutes: 12 })),
      })),
    }),
    hold: async (reason) => {
      world.heldReason ??= reason;
    },
    release: async () => {
      world.heldReason = null;
    },
    resume: async (name) => {
      const carrier = world.carriers.find((each) => each.name === name);
      if (carrier === undefined) throw new RingbackError('not_found', ['carrier']);
      carrier.paused = null;
    },
  };
}
