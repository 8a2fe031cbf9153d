/* What the page and its audio worklets say to each other. */

/** To the loudspeaker. */
export type PlaybackRequest =
  | { type: 'audio'; pcm: ArrayBuffer }
  | { type: 'mark'; name: string }
  | { type: 'clear' }
  | { type: 'stop' };
/** From it. */
export type PlaybackReport = { type: 'mark'; name: string } | { type: 'level'; level: number };

/** To the microphone's end. */
export type CaptureRequest = { type: 'stop' };
/** 20 ms of the wire's PCM16. */
export interface CaptureReport {
  pcm: ArrayBuffer;
  level: number;
}
