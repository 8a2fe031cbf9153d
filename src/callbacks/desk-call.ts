import type { AgentSettings } from '../domain/agent.ts';
import type { TimeWish } from '../domain/wall-time.ts';

/** The call at whose desk a caller asks. */
export interface DeskCall {
  readonly id: string;
  readonly agent: AgentSettings;
  /** The other side's number; null for a hidden caller. */
  readonly person: string | null;
  /** Our number in this call. */
  readonly ourNumber: string;
  /** The caller's zone where the carrier told it. */
  readonly timeZone: string | null;
  /** The callback that this call keeps; null for an inbound call. */
  readonly callbackId: string | null;
}

/** What a caller wishes, as the tool has read it. */
export interface DeskWish {
  readonly wish: TimeWish;
  readonly reason: string;
  readonly callerName?: string;
  readonly phoneNumber?: string;
  readonly confirmOutsideHours: boolean;
}

/** Which callback is to be moved, and to when; `keep` leaves it where it is planned. */
export interface DeskMove {
  readonly callbackId?: string;
  readonly wish: TimeWish | 'keep';
  readonly confirmOutsideHours: boolean;
}

export type DeskRefusal = { readonly ok: false; readonly error: string; readonly suggestion?: string };

export type DeskAnswer =
  | {
      readonly ok: true;
      readonly callbackId: string;
      readonly localTime: string;
      readonly timeZone: string;
      readonly say: string;
    }
  | DeskRefusal;

export type DeskReply = { readonly ok: true; readonly say: string } | DeskRefusal;
