import type { DeepgramClient } from '@deepgram/sdk';
import { z } from 'zod';
import { SDK_CONNECT_SECONDS } from '../../wire/deepgram.ts';
import type { LineEvent, LineProtocol } from '../speech-line.ts';

type FluxSocket = Awaited<ReturnType<DeepgramClient['speak']['v2']['connect']>>;

/** As far as it is used. (developers.deepgram.com/docs/flux-tts/server-messages) */
const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('SpeechMetadata'), audio_duration_ms: z.number().min(0) }),
  z.object({
    type: z.literal('SpeechInterrupted'),
    audio_played_ms: z.number().min(0),
    text_spoken: z.string().optional(),
  }),
  z.object({ type: z.literal('Warning'), code: z.string() }),
]);

/** Warnings by which an interrupt is refused; others are about how something is spoken. */
const refusals = ['NO_AUDIO_GENERATED', 'INTERRUPT_IN_PROGRESS', 'INVALID_INTERRUPT_OFFSET', 'NO_ACTIVE_SPEECH'];

/**
 * Version 2, for the voices of Flux. Each piece is a turn of its own: all its audio, and none but its, comes before its
 * metadata. An interrupt tells how much of the whole session's audio was heard, and is answered with the words of it; each
 * has to advance beyond the one before. (developers.deepgram.com/docs/flux-tts/interrupt-handling)
 */
export function openFluxProtocol(voice: string, account: { readonly key: string | null }): LineProtocol<FluxSocket> {
  /** The session's audio before the piece that was said last, as Deepgram counts it. */
  let beforeMs = 0;
  let lastMs = 0;
  let interruptedAtMs = 0;
  return {
    aligns: true,
    mostPiecesPerMinute: Infinity,
    quietAfterClearedMs: 0,
    dial: (client, format) =>
      client.speak.v2.connect({
        // The type wants it; the client's own key is what counts.
        Authorization: `Token ${account.key ?? ''}`,
        model: voice,
        encoding: format.encoding === 'pcm16' ? 'linear16' : format.encoding,
        sample_rate: String(format.sampleRateHz),
        reconnectAttempts: 0,
        connectionTimeoutInSeconds: SDK_CONNECT_SECONDS,
      }),
    say(socket, text) {
      beforeMs += lastMs;
      lastMs = 0;
      socket.sendSpeak({ type: 'Speak', text });
      socket.sendFlush({ type: 'Flush' });
    },
    clear(socket, heardMs) {
      const value = heardMs === null ? 0 : Math.round(beforeMs + heardMs);
      const advances = value > interruptedAtMs;
      socket.sendInterrupt(
        advances ? { type: 'Interrupt', playback_offset: { type: 'time_ms', value } } : { type: 'Interrupt' },
      );
    },
    close: (socket) => socket.sendClose({ type: 'Close' }),
    read(raw): LineEvent | undefined {
      const parsed = message.safeParse(raw);
      if (!parsed.success) return undefined;
      const { data } = parsed;
      if (data.type === 'SpeechMetadata') {
        lastMs = data.audio_duration_ms;
        return { type: 'spoken' };
      }
      if (data.type === 'Warning') return refusals.includes(data.code) ? { type: 'ignored' } : undefined;
      // From here on the session counts what was played.
      beforeMs = data.audio_played_ms;
      lastMs = 0;
      interruptedAtMs = data.audio_played_ms;
      return { type: 'cleared', heardText: data.text_spoken?.trim() };
    },
  };
}
