import { pageClock } from '../../time/clock.ts';
import captureUrl from './capture.worklet.ts?worker&url';
import { playKeyTone } from './key-tone.ts';
import type { CaptureReport, PlaybackReport, PlaybackRequest } from './messages.ts';
import playbackUrl from './playback.worklet.ts?worker&url';
import { SilentPlayout, type Playout } from './silent-playout.ts';

export type MicrophoneState = 'off' | 'asking' | 'on' | 'muted' | 'refused' | 'missing' | 'insecure';

export interface SoundEvents {
  /** 20 ms of PCM16, from the microphone or silence. */
  onFrame(pcm: ArrayBuffer): void;
  onMark(name: string): void;
  /** Loudness between 0 and 1. */
  onLevel(side: 'microphone' | 'agent', level: number): void;
  onMicrophone(state: MicrophoneState): void;
  /** This browser plays no sound; the call goes on in writing. */
  onSilent(): void;
}

/** A sound card that does not start within this time is taken for none. */
const START_MS = 3_000;
/** What waits for the worklets to load: 20 s of the wire. */
const MOST_WAITING = 1_000;

/**
 * The ear and the mouth of one call. Open it in the answer to a click or key, or browsers keep it mute. Whoever opens
 * it closes it; nothing here throws, because a call goes on without sound.
 */
export class Sound {
  readonly #events: SoundEvents;
  readonly #context: AudioContext | null;
  #playout: Playout | null = null;
  #waiting: PlaybackRequest[] = [];
  #capture: AudioWorkletNode | null = null;
  #microphone: MediaStream | null = null;
  #source: MediaStreamAudioSourceNode | null = null;
  #closed = false;

  constructor(events: SoundEvents) {
    this.#events = events;
    this.#context = newContext();
    void this.#start();
  }

  play(pcm: ArrayBuffer): void {
    this.#do({ type: 'audio', pcm });
  }

  mark(name: string): void {
    this.#do({ type: 'mark', name });
  }

  clear(): void {
    this.#do({ type: 'clear' });
  }

  /** Asks for the microphone if it was not given yet, and tells how that went by `onMicrophone`. */
  async openMicrophone(): Promise<void> {
    if (this.#microphone !== null) return this.#mute(false);
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) return this.#events.onMicrophone('insecure');
    this.#events.onMicrophone('asking');
    try {
      const stream = await devices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
      if (this.#closed) return stopTracks(stream);
      this.#microphone = stream;
      this.#connectMicrophone();
      this.#events.onMicrophone('on');
    } catch (error) {
      const refused =
        error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
      this.#events.onMicrophone(refused ? 'refused' : 'missing');
    }
  }

  /** What a telephone sounds like when that key is pressed; only heard here. */
  keyTone(key: string): void {
    if (!this.#closed && this.#context?.state === 'running') playKeyTone(this.#context, key);
  }

  mute(): void {
    this.#mute(true);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#playout?.close();
    this.#capture?.port.postMessage({ type: 'stop' });
    if (this.#microphone !== null) stopTracks(this.#microphone);
    // Closing twice is the only thing that could fail here, and it is closed once.
    void this.#context?.close();
  }

  async #start(): Promise<void> {
    const context = this.#context;
    try {
      if (context === null || !('audioWorklet' in context))
        throw new DOMException('no audio worklets here', 'NotSupportedError');
      await Promise.all([
        within(context.resume()),
        context.audioWorklet.addModule(captureUrl),
        context.audioWorklet.addModule(playbackUrl),
      ]);
      if (this.#closed) return;
      this.#open(new WorkletPlayout(context, this.#events));
      this.#capture = openCapture(context, this.#events);
      this.#connectMicrophone();
    } catch {
      if (this.#closed) return;
      this.#events.onSilent();
      this.#open(new SilentPlayout((name) => this.#events.onMark(name)));
    }
  }

  #open(playout: Playout): void {
    this.#playout = playout;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const request of waiting) this.#do(request);
  }

  #do(request: PlaybackRequest): void {
    if (this.#closed) return;
    if (this.#playout === null) {
      this.#waiting.push(request);
      if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
      return;
    }
    if (request.type === 'audio') this.#playout.play(request.pcm);
    if (request.type === 'mark') this.#playout.mark(request.name);
    if (request.type === 'clear') this.#playout.clear();
  }

  #connectMicrophone(): void {
    if (this.#microphone === null || this.#capture === null || this.#context === null || this.#source !== null) return;
    this.#source = this.#context.createMediaStreamSource(this.#microphone);
    this.#source.connect(this.#capture);
  }

  #mute(muted: boolean): void {
    if (this.#microphone === null) return;
    for (const track of this.#microphone.getAudioTracks()) track.enabled = !muted;
    this.#events.onMicrophone(muted ? 'muted' : 'on');
  }
}

class WorkletPlayout implements Playout {
  readonly #node: AudioWorkletNode;

  constructor(context: AudioContext, events: SoundEvents) {
    this.#node = new AudioWorkletNode(context, 'ringback-playback', {
      numberOfInputs: 0,
      numberOfOutputs: 1,
      outputChannelCount: [2],
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<PlaybackReport>) => {
      if (data.type === 'mark') events.onMark(data.name);
      else events.onLevel('agent', data.level);
    };
    this.#node.connect(context.destination);
  }

  play(pcm: ArrayBuffer): void {
    this.#send({ type: 'audio', pcm }, [pcm]);
  }

  mark(name: string): void {
    this.#send({ type: 'mark', name });
  }

  clear(): void {
    this.#send({ type: 'clear' });
  }

  close(): void {
    this.#send({ type: 'stop' });
    this.#node.disconnect();
  }

  #send(request: PlaybackRequest, transfer: Transferable[] = []): void {
    this.#node.port.postMessage(request, transfer);
  }
}

function openCapture(context: AudioContext, events: SoundEvents): AudioWorkletNode {
  const node = new AudioWorkletNode(context, 'ringback-capture', { numberOfInputs: 1, numberOfOutputs: 1 });
  node.port.onmessage = ({ data }: MessageEvent<CaptureReport>) => {
    events.onFrame(data.pcm);
    events.onLevel('microphone', data.level);
  };
  // It plays nothing; but what leads to no output may never be run.
  node.connect(context.destination);
  return node;
}

function newContext(): AudioContext | null {
  try {
    return new AudioContext({ latencyHint: 'interactive' });
  } catch {
    // A browser without a sound system: SilentPlayout takes over.
    return null;
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** A browser may keep a sound card waiting for ever. */
function within(started: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<void>();
  const cancel = pageClock.after(START_MS, () =>
    reject(new DOMException('the sound card does not start', 'TimeoutError')),
  );
  return Promise.race([started, promise]).finally(cancel);
}
