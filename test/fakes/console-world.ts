import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '../../db/event-store.ts';
import { defaultCallbackPolicy, defaultLimits, type AgentSettings } from '../../src/domain/agent.ts';
import type { CallbackAttempt } from '../../src/domain/attempt.ts';
import type { Call, Turn } from '../../src/domain/call.ts';
import type { Callback } from '../../src/domain/callback.ts';
import type { EventFeed } from '../../src/events/event-feed.ts';
import type { AuditRow, DoNotCallRow, PhoneNumberRow } from '../../src/http/deps.ts';

/** What a gateway behind the console knows, in memory: a test puts rows in, and each change is told to the pages. */
export class ConsoleWorld {
  readonly agents: AgentSettings[] = [];
  readonly numbers: PhoneNumberRow[] = [];
  readonly doNotCall: DoNotCallRow[] = [];
  /** The newest first. */
  readonly auditLog: AuditRow[] = [];
  /** Carriers that are set up, and why one is paused. */
  readonly carriers: { name: string; paused: string | null }[] = [];
  /** Why outbound is held; null where it is not. */
  heldReason: string | null = null;
  readonly callbacks = new Map<string, Callback>();
  readonly attempts = new Map<string, CallbackAttempt[]>();
  readonly calls = new Map<string, Call>();
  readonly turns = new Map<string, Turn[]>();
  readonly recordings = new Map<string, Buffer>();
  readonly feed: EventFeed;
  readonly #events: StoredEvent[] = [];
  readonly #hearers = new Set<(event: StoredEvent) => void>();

  constructor() {
    this.feed = {
      subscribe: async (afterId, hear) => {
        for (const event of this.#events) if (afterId !== null && event.id > afterId) hear(event);
        this.#hearers.add(hear);
        return { [Symbol.dispose]: () => this.#hearers.delete(hear) };
      },
      [Symbol.asyncDispose]: async () => this.#hearers.clear(),
    };
  }

  addAgent(change: Partial<AgentSettings> = {}): AgentSettings {
    const agent: AgentSettings = {
      id: randomUUID(),
      name: 'Ada from Acme Dental',
      prompt: 'You answer the phone of a dental practice. Be brief and kind.',
      greeting: 'Hello, this is Ada. How can I help?',
      language: 'en-US',
      timeZone: 'America/Chicago',
      isDefault: this.agents.length === 0,
      stt: null,
      llm: null,
      voice: null,
      recording: 'announce',
      disclosure: { enabled: true, businessName: 'Acme Dental' },
      limits: defaultLimits,
      tools: { scheduleCallback: true, endCall: true },
      callbackPolicy: defaultCallbackPolicy,
      ...change,
    };
    this.agents.push(agent);
    return agent;
  }

  addNumber(change: Partial<PhoneNumberRow> = {}): PhoneNumberRow {
    const number: PhoneNumberRow = {
      id: randomUUID(),
      number: '+13125550100',
      carrier: 'twilio',
      agentId: null,
      inboundEnabled: true,
      outboundEnabled: false,
      builtIn: false,
      ...change,
    };
    this.numbers.push(number);
    return number;
  }

  putCallback(change: Partial<Callback>): Callback {
    const known = change.id === undefined ? undefined : this.callbacks.get(change.id);
    const now = Temporal.Now.instant();
    const dueAt = change.dueAt ?? known?.dueAt ?? now.add({ minutes: 30 });
    const callback: Callback = {
      id: randomUUID(),
      status: 'scheduled',
      agentId: this.agents[0]?.id ?? randomUUID(),
      conversationId: randomUUID(),
      to: '+13125550142',
      toName: null,
      from: '+13125550100',
      dueAt,
      expiresAt: dueAt.add({ hours: 24 }),
      timeZone: 'America/Chicago',
      timeZoneNamed: false,
      hoursWaivedFor: null,
      reason: '',
      attemptsMade: 0,
      maxAttempts: 3,
      nextAttemptAt: dueAt,
      currentAttemptId: null,
      releases: 0,
      originCallId: null,
      failureCode: null,
      failureReason: null,
      warning: null,
      cancelledBy: null,
      hangupRequested: false,
      createdAt: now,
      ...known,
      ...change,
      updatedAt: now,
    };
    this.callbacks.set(callback.id, callback);
    this.#tell('callback.changed', callback.id);
    return callback;
  }

  putAttempt(callbackId: string, change: Partial<CallbackAttempt>): CallbackAttempt {
    const rows = this.attempts.get(callbackId) ?? [];
    const known = rows.find(({ id }) => id === change.id);
    const attempt: CallbackAttempt = {
      id: randomUUID(),
      callbackId,
      number: rows.length + 1,
      status: 'ended',
      outcome: null,
      counted: true,
      detail: null,
      carrier: 'browser',
      from: '+13125550100',
      to: '+13125550142',
      callId: randomUUID(),
      carrierCallId: null,
      ownerId: randomUUID(),
      ownerEpoch: 1,
      machineDetection: false,
      machineVerdict: null,
      startedAt: Temporal.Now.instant(),
      answeredAt: null,
      openingAt: null,
      endedAt: null,
      checkAt: null,
      checks: 0,
      ...known,
      ...change,
    };
    this.attempts.set(callbackId, [...rows.filter(({ id }) => id !== attempt.id), attempt]);
    return attempt;
  }

  putCall(change: Partial<Call>): Call {
    const call: Call = {
      id: randomUUID(),
      direction: 'inbound',
      status: 'in_progress',
      carrier: 'browser',
      carrierCallId: null,
      agentId: this.agents[0]?.id ?? randomUUID(),
      conversationId: randomUUID(),
      callbackId: null,
      attemptId: null,
      from: '+13125550142',
      to: '+13125550100',
      attestation: 'full',
      timeZone: null,
      startedAt: Temporal.Now.instant(),
      answeredAt: Temporal.Now.instant(),
      endedAt: null,
      endReason: null,
      resumes: 0,
      replicaId: null,
      recording: 'none',
      recordingFile: null,
      recordingReplicaId: null,
      summary: null,
      ...(change.id === undefined ? undefined : this.calls.get(change.id)),
      ...change,
    };
    this.calls.set(call.id, call);
    this.#tell('call.changed', call.id);
    return call;
  }

  putTurn(callId: string, change: Partial<Turn>): Turn {
    const rows = this.turns.get(callId) ?? [];
    const known = rows.find(({ index }) => index === change.index);
    const turn: Turn = {
      index: rows.length,
      role: 'agent',
      text: '',
      heardText: null,
      interrupted: false,
      startedAt: Temporal.Now.instant(),
      endedAt: null,
      toolName: null,
      toolArguments: null,
      toolResult: null,
      latency: null,
      ...known,
      ...change,
    };
    this.turns.set(callId, [...rows.filter(({ index }) => index !== turn.index), turn]);
    this.#tell('call.turn', callId, turn.index);
    return turn;
  }

  #tell(type: StoredEvent['type'], subjectId: string, turnIndex: number | null = null): void {
    const event: StoredEvent = {
      id: this.#events.length + 1,
      type,
      subjectId,
      turnIndex,
      createdAt: Temporal.Now.instant(),
    };
    this.#events.push(event);
    for (const hear of this.#hearers) hear(event);
  }
}
