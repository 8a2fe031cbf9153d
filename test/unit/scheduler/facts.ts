import type { Carrier, DialRequest, DialResult, FoundCall } from '../../../src/carriers/carrier.ts';
import { defaultCallbackPolicy, defaultLimits, type AgentSettings } from '../../../src/domain/agent.ts';
import type { CallbackAttempt } from '../../../src/domain/attempt.ts';
import type { Callback } from '../../../src/domain/callback.ts';

/** The moment at which the clocks of these tests begin. */
export const START = Temporal.Instant.from('2026-11-24T12:00:00Z');

export const agent: AgentSettings = {
  id: 'agent-1',
  name: 'Riley',
  prompt: '',
  greeting: '',
  language: 'en-US',
  timeZone: 'Europe/Berlin',
  isDefault: true,
  stt: null,
  llm: null,
  voice: null,
  recording: 'off',
  disclosure: { enabled: false, businessName: '' },
  limits: defaultLimits,
  tools: {},
  callbackPolicy: defaultCallbackPolicy,
};

export function callbackOf(over: Partial<Callback> = {}): Callback {
  return {
    id: 'callback-1',
    status: 'dialing',
    agentId: agent.id,
    conversationId: 'conversation-1',
    to: '+4930123456',
    toName: null,
    from: '+4930654321',
    dueAt: START,
    expiresAt: START.add({ hours: 24 }),
    timeZone: 'Europe/Berlin',
    timeZoneNamed: true,
    hoursWaivedFor: null,
    reason: 'the parcel',
    attemptsMade: 0,
    maxAttempts: 3,
    nextAttemptAt: null,
    currentAttemptId: 'attempt-1',
    releases: 0,
    originCallId: null,
    failureCode: null,
    failureReason: null,
    warning: null,
    cancelledBy: null,
    hangupRequested: false,
    createdAt: START,
    updatedAt: START,
    ...over,
  };
}

export function attemptOf(over: Partial<CallbackAttempt> = {}): CallbackAttempt {
  return {
    id: 'attempt-1',
    callbackId: 'callback-1',
    number: 1,
    status: 'sending',
    outcome: null,
    counted: false,
    detail: null,
    carrier: 'fake',
    from: '+4930654321',
    to: '+4930123456',
    callId: 'call-1',
    carrierCallId: null,
    ownerId: 'replica-1',
    ownerEpoch: 1,
    machineDetection: false,
    machineVerdict: null,
    startedAt: START,
    answeredAt: null,
    openingAt: null,
    endedAt: null,
    checkAt: null,
    checks: 0,
    ...over,
  };
}

/** A carrier that does as the test says. */
export class TestCarrier implements Carrier {
  readonly name = 'fake';
  readonly capabilities = {
    ringsTelephone: false,
    idempotency: 'none',
    machineDetection: false,
    clear: true,
    marksReturnedOnClear: true,
    sendsSilence: true,
    reopensStreams: false,
    leadMs: 100,
    callsPerSecond: null,
  } as const;
  readonly sockets = [];
  readonly dialled: DialRequest[] = [];
  readonly hungUp: string[] = [];
  onDial: (request: DialRequest, signal: AbortSignal) => Promise<DialResult> = (request) => {
    request.beforeSend();
    return Promise.resolve({ kind: 'placed', carrierCallId: 'CA-1' });
  };
  onLook: () => Promise<FoundCall | undefined> = () => Promise.resolve(undefined);
  readonly looks: string[] = [];

  reaches(): boolean {
    return true;
  }

  dial(request: DialRequest, { signal }: { signal: AbortSignal }): Promise<DialResult> {
    this.dialled.push(request);
    return this.onDial(request, signal);
  }

  find({ attemptId }: { attemptId: string }): Promise<FoundCall | undefined> {
    this.looks.push(`find ${attemptId}`);
    return this.onLook();
  }

  get(carrierCallId: string): Promise<FoundCall | undefined> {
    this.looks.push(`get ${carrierCallId}`);
    return this.onLook();
  }

  async hangup(carrierCallId: string): Promise<void> {
    this.hungUp.push(carrierCallId);
  }

  async perform(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
