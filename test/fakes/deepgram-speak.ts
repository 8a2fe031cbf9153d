import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import type { FakeConnection } from './deepgram-connection.ts';
import { spokenAudio } from './spoken-audio.ts';

/** How `/v1/speak` behaves; a test may change it at any time. */
export interface SpeakBehaviour {
  firstAudioMs: number;
  /** Times real time; Infinity: as fast as it goes. */
  pace: number;
  msPerCharacter: number;
  chunkBytes: number;
  /** Says nothing at all, or stops after that many bytes; null: does not stall. */
  stallAfterBytes: number | null;
  /** Flushed comes without any audio. */
  empty: boolean;
  /** The audio spells the words, so that a listener can read them: see spoken-audio.ts. For one-byte formats. */
  spells: boolean;
  /** Audio begins with the header of a WAV file. */
  wavHeader: boolean;
  /** Cleared is kept back until it is false again. */
  holdCleared: boolean;
  /** So many bytes of the cancelled speech come after Cleared. */
  strayBytes: number;
  /** Every flush is refused with a warning. */
  refuseFlushes: boolean;
}

const MOST_FLUSHES = 20;
const FLUSH_WINDOW_MS = 60_000;
const MOST_CHARACTERS = 2000;

/** The audio of the `number`th speech: its low three bits tell whose it is, the others run. */
export function audioOf(number: number, bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => ((index % 32) << 3) | (number & 7)));
}

/** Whose audio it is, in the order in which it begins; numbers are modulo 8. */
export function speakersIn(audio: Uint8Array): number[] {
  return [...new Set(Array.from(audio, (byte) => byte & 7))];
}

/** The other end of one voice. `speeches` gets each text that is spoken; its index is the speech's number. */
export function serveSpeak(
  connection: FakeConnection,
  speeches: string[],
  behaviour: SpeakBehaviour,
  clock: Clock,
): void {
  const { query, socket } = connection;
  const bytesPerMs =
    (Number(query.get('sample_rate') ?? 24_000) / 1000) *
    ((query.get('encoding') ?? 'linear16') === 'linear16' ? 2 : 1);
  const flushesMs: number[] = [];
  let text = '';
  let flushed = 0;
  let cleared = 0;
  let work = Promise.resolve();
  const stop = new AbortController();
  let stopSpeech = new AbortController();

  connection.say({ type: 'Metadata', request_id: 'fake', model_name: query.get('model') });

  async function speak(said: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const number = speeches.push(said) - 1;
    if (behaviour.firstAudioMs > 0) await clock.sleep(behaviour.firstAudioMs, signal);
    const bytes = behaviour.empty ? 0 : Math.round(said.length * behaviour.msPerCharacter * bytesPerMs);
    const audio =
      behaviour.spells && !behaviour.empty
        ? spokenAudio(said, behaviour.msPerCharacter)
        : audioOf(number, bytes - (bytes % 2));
    const whole = Buffer.concat([...(behaviour.wavHeader ? [wavHeader()] : []), audio]);
    for (let at = 0; at < whole.length; at += behaviour.chunkBytes) {
      if (behaviour.stallAfterBytes !== null && at >= behaviour.stallAfterBytes) return;
      if (signal.aborted) return;
      const chunk = whole.subarray(at, at + behaviour.chunkBytes);
      connection.sayAudio(chunk);
      if (Number.isFinite(behaviour.pace)) await clock.sleep(chunk.length / bytesPerMs / behaviour.pace, signal);
      else await nextTurn();
    }
    if (signal.aborted || behaviour.stallAfterBytes === 0) return;
    connection.say({ type: 'Flushed', sequence_id: flushed++ });
  }

  function flush(): void {
    const nowMs = clock.nowMs();
    while ((flushesMs[0] ?? Infinity) <= nowMs - FLUSH_WINDOW_MS) flushesMs.shift();
    if (behaviour.refuseFlushes || flushesMs.length >= MOST_FLUSHES)
      return connection.say({ type: 'Warning', code: 'EXCESSIVE_FLUSH', description: 'too many flushes' });
    flushesMs.push(nowMs);
    const said = text;
    text = '';
    const { signal } = stopSpeech;
    // A speech that was stopped in its sleep is over.
    work = work.then(() => speak(said, signal)).catch(() => undefined);
  }

  async function clear(): Promise<void> {
    text = '';
    stopSpeech.abort();
    stopSpeech = new AbortController();
    while (behaviour.holdCleared && !stop.signal.aborted) await nextTurn();
    connection.say({ type: 'Cleared', sequence_id: cleared++ });
    if (behaviour.strayBytes === 0) return;
    const strays = audioOf(speeches.length - 1, behaviour.strayBytes);
    // A little later, as from another thread: who speaks at once after Cleared takes it for their own.
    await nextTurn();
    await nextTurn();
    connection.sayAudio(strays);
  }

  socket.on('close', () => {
    stop.abort();
    stopSpeech.abort();
  });
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) return connection.close(1003, 'MESSAGE-0000');
    const message = JSON.parse(data.toString()) as { type: string; text?: string };
    connection.messages.push(message);
    if (message.type === 'Speak') {
      if ((message.text ?? '').length > MOST_CHARACTERS) connection.close(1009, 'BIG-0001');
      else text += message.text ?? '';
    } else if (message.type === 'Flush') flush();
    else if (message.type === 'Clear') void clear();
    else if (message.type === 'Close') connection.close(1000, '');
    else connection.close(1008, 'DATA-0000');
    connection.changed();
  });
}

function wavHeader(): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.write('WAVEfmt ', 8, 'latin1');
  header.write('data', 36, 'latin1');
  return header;
}
