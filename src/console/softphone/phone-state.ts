import type { MicrophoneState } from './audio/sound.ts';

/** A callback that rings here. */
export interface RingCard {
  readonly ringId: string;
  readonly agentName: string;
  readonly topic: string;
  /** On the page's clock. */
  readonly endsAtMs: number;
}

export type Stage =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly answering: RingCard | null }
  | { readonly name: 'in_call'; readonly callId: string; readonly sinceMs: number }
  | {
      readonly name: 'ended';
      readonly callId: string | null;
      readonly message: string;
      readonly seconds: number | null;
    };

/** All that the dock draws. Replaced as a whole, never changed. */
export interface PhoneState {
  /** Whether the page can call and be rung. */
  readonly online: boolean;
  readonly stage: Stage;
  readonly rings: readonly RingCard[];
  readonly microphone: MicrophoneState;
  /** The browser plays no sound. */
  readonly silent: boolean;
  /** Typed and sent, not yet in the transcript. */
  readonly pending: readonly string[];
  /** Pressed on the keypad, not yet in the transcript. */
  readonly keys: string;
  /** The last thing that went wrong, in a sentence. */
  readonly notice: string | null;
}

export const firstState: PhoneState = {
  online: false,
  stage: { name: 'idle' },
  rings: [],
  microphone: 'off',
  silent: false,
  pending: [],
  keys: '',
  notice: null,
};
