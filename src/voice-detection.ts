import type { AudioFormat } from '../media/audio-format.ts';
import { openEnergyGate, type VoiceActivity } from '../media/voice-activity.ts';
import { WebRtcVad } from '../media/webrtc-vad.ts';

/** Which detector tells a voice from a noise. */
export type VoiceDetectorName = 'energy' | 'webrtc';

/** Hears the voices of all calls of a process. Whoever opens it closes it, after the calls. */
export interface VoiceDetection extends Disposable {
  /** Whoever opens a stream closes it. */
  open(format: AudioFormat): VoiceActivity;
}

/** Loads what it takes: of the detector in WebAssembly 20 KB, and 16 MB of memory for all calls. */
export async function openVoiceDetection(name: VoiceDetectorName): Promise<VoiceDetection> {
  if (name === 'energy') return { open: (format) => openEnergyGate(format), [Symbol.dispose]: () => undefined };
  const { default: openModule } = await import('@echogarden/fvad-wasm');
  const vad = new WebRtcVad(await openModule());
  return { open: (format) => vad.open(format), [Symbol.dispose]: () => vad[Symbol.dispose]() };
}
