import { expect } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Callee, TwilioServer } from '../../fakes/twilio/server.ts';
import type { TwilioCall } from '../../fakes/twilio/call.ts';
import type { ReplicaWorld, Wire } from '../replica-world.ts';

/** Nobody picks up in no time: by then whoever dialled is behind its proxy again. */
const RINGS_MS = 500;

/** A promise to call `to`, so long from now. */
export function promise(world: ReplicaWorld, to: string, inMs = 0): Promise<Wire> {
  return world.api('POST', '/callbacks', {
    agentId: world.agentId,
    to,
    dueAt: Temporal.Now.instant().add({ milliseconds: inMs }).toString({ smallestUnit: 'millisecond' }),
  });
}

/** The callback once it has this status. */
export function ends(world: ReplicaWorld, { id }: Wire, status: string, withinMs = 90_000): Promise<Wire> {
  return world.watch(`${status} of ${id}`, `/callbacks/${id}`, (one) => one.status === status, withinMs);
}

export const outcomes = (callback: Wire): unknown[] => sentAttempts(callback).map(({ outcome }) => outcome);

/** Less those that a slow machine gave back unsent: too much time had passed since their claim. */
export function sentAttempts({ attempts }: Wire): readonly Wire[] {
  return attempts.filter(
    ({ outcome, detail }) => outcome !== 'not_placed' || !String(detail).includes('since it was claimed'),
  );
}

/** What the requests to call this person named, in their order: each attempt once at most. */
export function asksFor(twilio: TwilioServer, to?: string): string[] {
  const asked = twilio.dialled
    .filter((form) => to === undefined || form.get('To') === to)
    .map((form) => /\/answer\/([0-9a-f-]{36})/.exec(form.get('Url') ?? '')?.[1] ?? '');
  expect(asked).not.toContain('');
  expect(new Set(asked).size).toBe(asked.length);
  return asked;
}

/** The calls to a person in which there was a conversation. */
export function conversations(twilio: TwilioServer, to: string): TwilioCall[] {
  return twilio.calls.filter(({ options, streams }) => options.to === to && streams > 0);
}

/** Lets it ring for a moment, picks up, hears so much of the opening, and hangs up. */
export function listens(ms = 600, ringsMs = RINGS_MS): Callee {
  return async (call) => {
    await call.enter('ringing');
    await systemClock.sleep(ringsMs, new AbortController().signal);
    await call.enter('in-progress');
    await call.follow(call.options.request?.get('Url') ?? '');
    await call.said(ms);
    await call.hangUp();
  };
}

/** Each person as told, the others as `otherwise`. */
export function people(otherwise: Callee): { readonly callee: Callee; readonly is: Map<string, Callee> } {
  const is = new Map<string, Callee>();
  return { is, callee: (call) => (is.get(call.options.to) ?? otherwise)(call) };
}

let persons = 0;
/** Somebody whom no other test of this file calls. */
export function somebody(): string {
  persons += 1;
  return `+1212556${String(1_000 + persons)}`;
}
