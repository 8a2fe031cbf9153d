import type { CallbackPolicy } from './agent.ts';
import { keepsHours, nextAllowed } from './calling-hours.ts';

/** A wish due so soon after the call that it came from is honoured at any hour. */
const HONOURED_WITHIN_MS = 2 * 3_600_000;

export interface BookingRequest {
  readonly at: Temporal.Instant;
  readonly now: Temporal.Instant;
  /** Zones that the callee may be in; the named one alone where one was named. */
  readonly zones: readonly string[];
  readonly timeZone: string;
  readonly policy: CallbackPolicy;
  /** False for carriers that ring no telephones. */
  readonly hoursApply: boolean;
  /** The person themselves confirmed the hour. */
  readonly confirmed: boolean;
  /** An operator or the API overrides the hours. */
  readonly override: boolean;
  /** The end of the inbound call that began the chain (now, while it lives); null for the API. */
  readonly chainFrom: Temporal.Instant | null;
}

export type BookingDecision =
  | { readonly ok: true; readonly hoursWaived: boolean; readonly expiresAt: Temporal.Instant }
  | { readonly ok: false; readonly nextAllowed: Temporal.Instant; readonly mayConfirm: boolean };

/** Whether a time may be booked as far as the calling hours go, and until when the promise lives. */
export function decideBooking(request: BookingRequest): BookingDecision {
  const { at, policy } = request;
  const expiresAt = at.add({ milliseconds: Math.round(policy.expiresAfterMinutes * 60_000) });
  const zones = request.zones.length === 0 ? [request.timeZone] : request.zones;
  if (!request.hoursApply || keepsHours(policy.callingHours, zones, at, request.timeZone))
    return { ok: true, hoursWaived: false, expiresAt };
  const mayConfirm = policy.outsideHours === 'confirm';
  const honoured =
    request.chainFrom !== null && at.epochMilliseconds - request.chainFrom.epochMilliseconds <= HONOURED_WITHIN_MS;
  if (honoured || (mayConfirm && (request.confirmed || request.override)))
    return { ok: true, hoursWaived: true, expiresAt };
  return { ok: false, nextAllowed: nextAllowed(policy.callingHours, zones, at, request.timeZone), mayConfirm };
}
