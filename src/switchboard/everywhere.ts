import type { LiveCalls } from '../call/ports.ts';
import type { Bus } from '../carriers/carrier.ts';
import type { CallEndReason } from '../domain/call.ts';

/** Live calls wherever they live: in this replica, or in another one. Whoever opens it closes it. */
export interface LiveCallsEverywhere extends Disposable {
  /** Ends it for this reason. True if it lived here; another replica is told, and nobody knows whether it heard. */
  end(callId: string, reason: WishedEnd): Promise<boolean>;
  /** Leaves the agent's message for machines, and ends it. */
  leaveMessage(callId: string): Promise<void>;
  /**
   * Its stream is over and another one is about to come: whoever holds the old one lets go of the call. `resumes`: how
   * often it had been opened again by then, so that a message that is late does not meet the new one.
   */
  letGo(callId: string, resumes: number): Promise<void>;
}

/** Ends that come from outside of the call. */
type WishedEnd = Extract<CallEndReason, 'operator' | 'machine' | 'caller_hung_up'>;

interface Wish {
  readonly callId: string;
  readonly wish: WishedEnd | 'leave_message' | 'let_go';
  readonly resumes?: number;
}

const wishes: ReadonlySet<unknown> = new Set<Wish['wish']>([
  'operator',
  'machine',
  'caller_hung_up',
  'leave_message',
  'let_go',
]);

/** `bus` carries wishes to the replica that holds the session. */
export function openLiveCallsEverywhere(
  liveCalls: Pick<LiveCalls, 'end' | 'leaveMessage' | 'letGo'>,
  bus: Bus,
): LiveCallsEverywhere {
  const subscription = bus.subscribe((message) => {
    if (!isWish(message)) return;
    const { callId, wish, resumes = 0 } = message;
    if (wish === 'leave_message') liveCalls.leaveMessage(callId);
    // It never rejects, and nobody here waits for it.
    else if (wish === 'let_go') void liveCalls.letGo(callId, resumes);
    else liveCalls.end(callId, wish);
  });
  const tell = (wish: Wish): Promise<void> => bus.publish(wish);
  return {
    async end(callId, reason) {
      if (liveCalls.end(callId, reason)) return true;
      await tell({ callId, wish: reason });
      return false;
    },
    async leaveMessage(callId) {
      if (!liveCalls.leaveMessage(callId)) await tell({ callId, wish: 'leave_message' });
    },
    async letGo(callId, resumes) {
      await tell({ callId, wish: 'let_go', resumes });
      await liveCalls.letGo(callId, resumes);
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}

function isWish(message: unknown): message is Wish {
  if (typeof message !== 'object' || message === null) return false;
  if ('resumes' in message && typeof message.resumes !== 'number') return false;
  return 'callId' in message && typeof message.callId === 'string' && 'wish' in message && wishes.has(message.wish);
}
