import { expect } from 'vitest';
import { findAgent, findDefaultAgent } from '../../../db/agent-store.ts';
import { openCallRecords, type CallRecords } from '../../../db/call-store.ts';
import { findFirstDial, findPromiseOf } from '../../../db/conversation-store.ts';
import { beginOpening } from '../../../db/openings.ts';
import { findOrRegisterNumber } from '../../../db/phone-number-store.ts';
import { uuidv7 } from '../../../db/uuid.ts';
import { discoverAdapters } from '../../../src/adapters.ts';
import { openLiveCalls } from '../../../src/call/live-calls.ts';
import { openDesk } from '../../../src/callbacks/desk.ts';
import { settleReturn } from '../../../src/callbacks/on-return.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { systemClock } from '../../../src/clock.ts';
import { briefCall } from '../../../src/conversations/brief.ts';
import { openCallStore } from '../../../src/conversations/call-store.ts';
import type { ConversationDeps } from '../../../src/conversations/deps.ts';
import { openInboundCall } from '../../../src/conversations/inbound.ts';
import type { AgentSettings } from '../../../src/domain/agent.ts';
import { defaultLimits, defaultTools } from '../../../src/domain/agent.ts';
import type { Call } from '../../../src/domain/call.ts';
import { openDemoBrain } from '../../../src/llm/demo/demo-brain.ts';
import { BackgroundTasks } from '../../../src/service.ts';
import { deskCallOf } from '../../../src/switchboard/desk-call.ts';
import { FakeStream } from '../../fakes/fake-stream.ts';
import { ScriptedTts } from '../../fakes/scripted-tts.ts';
import type { CallbackWorld } from '../../support/callback-rows.ts';
import { fastClock } from '../../support/fast-clock.ts';
import { quietLog } from '../../support/quiet-log.ts';

/** How many times faster than real time people speak here; deadlines shrink with it, so it leaves them room. */
const SPEED = 8;
const { tools } = await discoverAdapters();

/** What an agent of these calls is like: every tool on, in no hurry for an answer, not recorded. */
export const talker: Partial<AgentSettings> = {
  recording: 'off',
  tools: defaultTools,
  limits: { ...defaultLimits, silencePromptSeconds: 3_600, maxCallMinutes: 1_440 },
};

/** Real calls on a real database: the demo brain, the real tools and desk; only line and voice are made up. */
export class PhoneLine implements AsyncDisposable {
  readonly records: CallRecords;
  readonly conversations: ConversationDeps;
  readonly #world: CallbackWorld;
  readonly #clock = fastClock(systemClock, SPEED);
  readonly #calls: ReturnType<typeof openLiveCalls>;
  readonly #tasks = new BackgroundTasks((error) => this.#faults.push(error));
  readonly #faults: unknown[] = [];

  constructor(world: CallbackWorld) {
    const { database } = world;
    const clock = this.#clock;
    this.#world = world;
    this.records = openCallRecords({ database, onLostHint: () => undefined });
    this.conversations = {
      records: this.records,
      replicaId: world.replicaId,
      findAgent: (id) => findAgent(database, id),
      findDefaultAgent: () => findDefaultAgent(database),
      findOrRegisterNumber: (dialled) => findOrRegisterNumber(database, dialled),
      findCallback: (id) => world.store.find(id),
      findFirstDial: (callback) => findFirstDial(database, callback),
      findPromiseOf: (who) => findPromiseOf(database, who),
    };
    const llm = openDemoBrain({ clock });
    const tts = new ScriptedTts(clock);
    this.#calls = openLiveCalls({
      clock,
      log: quietLog(),
      vendors: {
        stt: () => null,
        llm: () => ({ llm, model: null }),
        tts: () => ({ tts, voice: null }),
      },
      tools,
      recordings: {
        record: () => ({
          file: '',
          caller: (_audio: Uint8Array, atMs: number) => atMs,
          agent: () => undefined,
          finish: async () => true,
        }),
      },
      deskOf: ({ call, agent }, key) => openDesk(world.deps, deskCallOf(call, agent), key),
      store: openCallStore({
        records: this.records,
        replicaId: world.replicaId,
        beginOpening: (attemptId) => beginOpening(database, attemptId),
        onEnded: (callId) => this.#tasks.add(settleReturn(world.deps, callId)),
      }),
    });
  }

  /** The person rings the agent's number, and hears its greeting. */
  async ring(
    agent: AgentSettings & { readonly ownNumber: string },
    from: string | null,
    attestation: Call['attestation'] = 'full',
  ): Promise<PhoneCall> {
    const answer = await openInboundCall(this.conversations, {
      carrier: 'phone',
      carrierCallId: `CA${uuidv7()}`,
      from,
      to: agent.ownNumber,
      attestation,
      timeZone: null,
      agentId: null,
    });
    if (!answer.ok) throw new Error(answer.say);
    const call = await this.connect(answer.call);
    await call.hears(agent.greeting);
    return call;
  }

  /** The line of our own dial is picked up. */
  async answered(attempt: { readonly id: string; readonly callId: string }): Promise<PhoneCall> {
    await settleAttempt(this.#world.deps, attempt.id, { kind: 'answered' }, { carrierCallId: `CA${attempt.id}` });
    const call = await this.records.find(attempt.callId);
    if (call === undefined) throw new Error('an answered dial has no call');
    return this.connect(call);
  }

  /** A stream of this call, as the first one or after another broke. */
  async connect(call: Call): Promise<PhoneCall> {
    const held = (await this.records.claimStream(call.id, this.#world.replicaId)) ?? call;
    const stream = new FakeStream({ clock: this.#clock });
    const sink = this.#calls.connect(await briefCall(this.conversations, held), stream);
    stream.sink = sink;
    return new PhoneCall(held, stream, async () => {
      sink.onClosed('hung_up');
      await expect
        .poll(async () => (await this.records.find(call.id))?.endReason, { message: 'its end' })
        .not.toBe(null);
      await this.#tasks.settled();
      expect(this.#faults).toEqual([]);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]();
    await this.#tasks.settled();
  }
}

/** One call, from the person's side. */
export class PhoneCall {
  readonly record: Call;
  /** Hangs up, and waits until the end is stored and what follows from it is done. */
  readonly hangUp: () => Promise<void>;
  readonly #stream: FakeStream;
  #heard = 0;

  constructor(record: Call, stream: FakeStream, hangUp: () => Promise<void>) {
    this.record = record;
    this.#stream = stream;
    this.hangUp = hangUp;
  }

  /** Waits until the agent has said this since the person spoke last. */
  async hears(words: string | RegExp): Promise<void> {
    // Each clause is spoken by itself: the space between two is heard by nobody.
    const heard = (): string => this.#stream.heard.slice(this.#heard).replaceAll(/([.:,?!])(?=[A-Z"])/g, '$1 ');
    const patience = { timeout: 15_000, interval: 10 };
    if (typeof words === 'string') await expect.poll(heard, patience).toContain(words);
    else await expect.poll(heard, patience).toMatch(words);
  }

  async says(words: string, answer: string | RegExp): Promise<void> {
    this.#heard = this.#stream.heard.length;
    this.#stream.sink?.onText(words);
    await this.hears(answer);
  }
}
