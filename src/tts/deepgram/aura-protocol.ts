import type { DeepgramClient } from '@deepgram/sdk';
import { SDK_CONNECT_SECONDS } from '../../wire/deepgram.ts';
import type { LineEvent, LineProtocol } from '../speech-line.ts';

type AuraSocket = Awaited<ReturnType<DeepgramClient['speak']['v1']['connect']>>;

/** Deepgram takes 20 flushes in 60 s (developers.deepgram.com/docs/tts-ws-flush). */
const MOST_FLUSHES = 18;
/** What was under way when a line was cleared comes within this, or not at all. */
const QUIET_AFTER_CLEARED_MS = 30;

/** Version 1, for the voices of Aura: text, flush, clear. It has no times of words. */
export function openAuraProtocol(voice: string): LineProtocol<AuraSocket> {
  return {
    aligns: false,
    mostPiecesPerMinute: MOST_FLUSHES,
    quietAfterClearedMs: QUIET_AFTER_CLEARED_MS,
    dial: (client, format) =>
      client.speak.v1.connect({
        model: voice,
        encoding: format.encoding === 'pcm16' ? 'linear16' : format.encoding,
        sample_rate: String(format.sampleRateHz),
        reconnectAttempts: 0,
        connectionTimeoutInSeconds: SDK_CONNECT_SECONDS,
      }),
    say(socket, text) {
      socket.sendText({ type: 'Speak', text });
      socket.sendFlush({ type: 'Flush' });
    },
    clear: (socket) => socket.sendClear({ type: 'Clear' }),
    close: (socket) => socket.sendClose({ type: 'Close' }),
    read: eventOf,
  };
}

function eventOf(message: unknown): LineEvent | undefined {
  const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined;
  if (type === 'Flushed') return { type: 'spoken' };
  if (type === 'Cleared') return { type: 'cleared', heardText: undefined };
  // The flush was not taken: without it nothing will come.
  return type === 'Warning' ? { type: 'ignored' } : undefined;
}
