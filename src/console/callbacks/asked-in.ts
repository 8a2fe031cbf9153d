import type { CallWire, TurnWire } from '../../api/calls.ts';

/** The caller's last words before the tool that booked this very promise. */
export function askedIn(call: Pick<CallWire, 'transcript'>, callbackId: string): TurnWire | null {
  const turns = call.transcript ?? [];
  const booked = turns.findIndex(
    ({ toolResult }) =>
      typeof toolResult === 'object' &&
      toolResult !== null &&
      'callback_id' in toolResult &&
      toolResult.callback_id === callbackId,
  );
  return booked === -1 ? null : (turns.slice(0, booked).findLast(({ role }) => role === 'caller') ?? null);
}
