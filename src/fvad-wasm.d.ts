/** The package brings no types of its own: what it gives is a `WebRtcVadModule` of media/webrtc-vad.ts. */
declare module '@echogarden/fvad-wasm' {
  export default function open(): Promise<import('../media/webrtc-vad.ts').WebRtcVadModule>;
}
