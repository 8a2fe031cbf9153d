import type { AttemptFacts } from '../../src/domain/attempt-states.ts';
import type { Callback } from '../../src/domain/callback.ts';
import { defaultCallbackPolicy, type CallbackPolicy } from '../../src/domain/agent.ts';
import type { LastLookFacts } from '../../src/domain/last-look.ts';

export function instant(text: string): Temporal.Instant {
  return Temporal.Instant.from(text);
}

/** Due on a Tuesday at 10:00 in New York. */
export const DUE = instant('2026-11-24T15:00:00Z');

/** A callback that waits for its time. */
export function someCallback(over: Partial<Callback> = {}): Callback {
  return {
    id: '018f0000-0000-7000-8000-00000000c001',
    status: 'scheduled',
    agentId: '018f0000-0000-7000-8000-00000000a001',
    conversationId: '018f0000-0000-7000-8000-00000000d001',
    to: '+12124567890',
    toName: null,
    from: '+12125550100',
    dueAt: DUE,
    expiresAt: DUE.add({ hours: 24 }),
    timeZone: 'America/New_York',
    timeZoneNamed: false,
    hoursWaivedFor: null,
    reason: 'the invoice',
    attemptsMade: 0,
    maxAttempts: 3,
    nextAttemptAt: DUE,
    currentAttemptId: null,
    releases: 0,
    originCallId: null,
    failureCode: null,
    failureReason: null,
    warning: null,
    cancelledBy: null,
    hangupRequested: false,
    createdAt: DUE.subtract({ hours: 1 }),
    updatedAt: DUE.subtract({ hours: 1 }),
    ...over,
  };
}

/** A moment in which everything speaks for dialling. */
export function goodMoment(
  over: Partial<LastLookFacts> & { readonly policyOver?: Partial<CallbackPolicy> } = {},
): LastLookFacts {
  const { policyOver, ...rest } = over;
  return {
    now: DUE,
    callback: someCallback(),
    policy: { ...defaultCallbackPolicy, ...policyOver },
    numbers: [
      { number: '+12125550100', carrier: 'phone', outboundEnabled: true },
      { number: '+442071234567', carrier: 'phone', outboundEnabled: true },
      { number: 'browser:ringback', carrier: 'browser', outboundEnabled: true },
    ],
    dialled: '+12125550100',
    reaches: (carrier, callee) => callee.startsWith('browser:') === (carrier === 'browser'),
    ringsTelephone: (carrier) => carrier !== 'browser',
    allowlist: null,
    candidateZones: ['America/New_York'],
    onDoNotCall: false,
    recentDials: [],
    personOnCall: null,
    attemptInFlight: false,
    vendorsDown: [],
    capacityFree: true,
    pausedCarriers: {},
    held: null,
    ...rest,
  };
}

/** An attempt that is being sent. */
export function someAttempt(over: Partial<AttemptFacts> = {}): AttemptFacts {
  return {
    status: 'sending',
    outcome: null,
    answeredAt: null,
    openingAt: null,
    endedAt: null,
    machineVerdict: null,
    machineDetection: false,
    ...over,
  };
}
