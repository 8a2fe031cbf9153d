import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import type { FakeConnection } from './deepgram-connection.ts';
import { audioOf } from './deepgram-speak.ts';

/** How `/v2/speak` behaves; a test may change it at any time. */
export interface FluxSpeakBehaviour {
  firstAudioMs: number;
  /** Times real time; Infinity: as fast as it goes. */
  pace: number;
  msPerCharacter: number;
  chunkBytes: number;
  /** Says nothing at all, or stops after that many bytes; null: does not stall. */
  stallAfterBytes: number | null;
  /** The answer to an interrupt is kept back until it is false again. */
  holdInterrupted: boolean;
  /** What it says was heard; null: by the share of the audio. */
  spokenText: string | null;
}

interface Speech {
  readonly text: string;
  readonly id: string;
  readonly stop: AbortController;
  /** Where its audio begins in the session, and how much of it there is. */
  fromMs: number;
  ms: number;
}

/**
 * The other end of one Flux voice: turns of text to turns of audio, one at a time, the next ones waiting. `speeches` gets
 * each text; its index is the speech's number. (developers.deepgram.com/docs/flux-tts/state)
 */
export function serveFluxSpeak(
  connection: FakeConnection,
  speeches: string[],
  behaviour: FluxSpeakBehaviour,
  clock: Clock,
): void {
  const { query, socket } = connection;
  const bytesPerMs =
    (Number(query.get('sample_rate') ?? 24_000) / 1000) *
    ((query.get('encoding') ?? 'linear16') === 'linear16' ? 2 : 1);
  const closed = new AbortController();
  let text = '';
  let sessionMs = 0;
  let interruptedAtMs = 0;
  let isInterrupting = false;
  let last: Speech | null = null;
  let work = Promise.resolve();

  connection.say({ type: 'Connected', request_id: 'fake', model_name: query.get('model') });

  async function speak(speech: Speech): Promise<void> {
    const { signal } = speech.stop;
    if (signal.aborted) return;
    last = speech;
    speech.fromMs = sessionMs;
    const number = speeches.push(speech.text) - 1;
    connection.say({ type: 'SpeechStarted', speech_id: speech.id });
    if (behaviour.firstAudioMs > 0) await clock.sleep(behaviour.firstAudioMs, signal);
    const bytes = Math.round(speech.text.length * behaviour.msPerCharacter * bytesPerMs);
    const whole = audioOf(number, bytes - (bytes % 2));
    for (let at = 0; at < whole.length; at += behaviour.chunkBytes) {
      if (behaviour.stallAfterBytes !== null && at >= behaviour.stallAfterBytes) return;
      const chunk = whole.subarray(at, at + behaviour.chunkBytes);
      connection.sayAudio(chunk);
      speech.ms += chunk.length / bytesPerMs;
      sessionMs += chunk.length / bytesPerMs;
      if (Number.isFinite(behaviour.pace)) await clock.sleep(chunk.length / bytesPerMs / behaviour.pace, signal);
      else await nextTurn();
      if (signal.aborted) return;
    }
    if (behaviour.stallAfterBytes === 0) return;
    connection.say({ type: 'SpeechMetadata', speech_id: speech.id, audio_duration_ms: Math.round(speech.ms) });
  }

  async function interrupt(offsetMs: number | undefined): Promise<void> {
    const warn = (code: string): void => connection.say({ type: 'Warning', code, description: 'ignored' });
    if (sessionMs === 0 || last === null) return warn('NO_AUDIO_GENERATED');
    if (isInterrupting) return warn('INTERRUPT_IN_PROGRESS');
    if (offsetMs !== undefined && offsetMs <= interruptedAtMs) return warn('INVALID_INTERRUPT_OFFSET');
    isInterrupting = true;
    const speech = last;
    speech.stop.abort();
    text = '';
    while (behaviour.holdInterrupted && !closed.signal.aborted) await nextTurn();
    await nextTurn();
    const share =
      offsetMs === undefined
        ? 0
        : (offsetMs - speech.fromMs) / Math.max(1, speech.text.length * behaviour.msPerCharacter);
    const cut = Math.max(0, Math.min(speech.text.length, Math.round(speech.text.length * share)));
    const spoken = behaviour.spokenText ?? speech.text.slice(0, cut);
    sessionMs = offsetMs ?? sessionMs;
    interruptedAtMs = sessionMs;
    isInterrupting = false;
    connection.say({
      type: 'SpeechInterrupted',
      audio_played_ms: sessionMs,
      ...(offsetMs === undefined ? {} : { text_spoken: spoken, text_remaining: speech.text.slice(spoken.length) }),
      metadata: { speech_id: speech.id, audio_duration_ms: Math.round(speech.ms) },
    });
  }

  socket.on('close', () => {
    closed.abort();
    last?.stop.abort();
  });
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) return connection.close(1003, 'MESSAGE-0000');
    const message = JSON.parse(data.toString()) as {
      type: string;
      text?: string;
      playback_offset?: { type: string; value: number };
    };
    connection.messages.push(message);
    if (message.type === 'Speak') text += message.text ?? '';
    else if (message.type === 'Flush') {
      const speech = { text, id: `dg_sp_${speeches.length}`, stop: new AbortController(), fromMs: 0, ms: 0 };
      text = '';
      connection.say({ type: 'Flushed', speech_id: speech.id });
      // A speech that was stopped in its sleep is over.
      work = work.then(() => speak(speech)).catch(() => undefined);
    } else if (message.type === 'Interrupt') void interrupt(message.playback_offset?.value);
    else if (message.type === 'Close') connection.close(1000, '');
    else if (message.type !== 'Configure') connection.close(1008, 'DATA-0000');
    connection.changed();
  });
}
