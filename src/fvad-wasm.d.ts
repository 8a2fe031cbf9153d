/** What we use of the package, which brings no types of its own; media/webrtc-vad.ts says what it means. */
declare module '@echogarden/fvad-wasm' {
  interface Module {
    _fvad_new(): number;
    _fvad_free(state: number): void;
    _fvad_set_mode(state: number, mode: number): number;
    _fvad_set_sample_rate(state: number, rateHz: number): number;
    _fvad_process(state: number, samples: number, length: number): number;
    _malloc(bytes: number): number;
    _free(address: number): void;
    readonly HEAP16: Int16Array;
  }
  export default function open(): Promise<Module>;
}
