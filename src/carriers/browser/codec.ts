import { softphoneFormat, softphoneRequest, type SoftphoneEvent } from '../../api/softphone.ts';
import type { MediaCodec, MediaMessages } from '../carrier.ts';

/** The media part of the softphone's wire: binary audio, JSON marks and digits. Signalling is `page.ts`'s. */
export function openBrowserCodec(): MediaCodec {
  return {
    decode(data, isBinary, into) {
      if (isBinary) return decodeAudio(data, into);
      let json: unknown;
      try {
        json = JSON.parse(data.toString('utf8'));
      } catch {
        return into.onInvalid('not JSON');
      }
      const request = softphoneRequest.safeParse(json);
      if (!request.success) return into.onInvalid('not a message of the softphone');
      if (request.data.type === 'mark') return into.onMark(request.data.name);
      if (request.data.type === 'dtmf') return into.onDtmf(request.data.digit);
      if (request.data.type === 'hangup') return into.onStop();
      return into.onIgnored();
    },
    audio: (audio) => audio,
    mark: (name) => JSON.stringify({ type: 'mark', name } satisfies SoftphoneEvent),
    clear: () => JSON.stringify({ type: 'clear' } satisfies SoftphoneEvent),
  };
}

/** The most that one message may carry: a second. */
const LONGEST_AUDIO_BYTES = softphoneFormat.sampleRateHz * 2;

function decodeAudio(data: Buffer, into: MediaMessages): void {
  if (data.length === 0 || data.length % 2 !== 0 || data.length > LONGEST_AUDIO_BYTES)
    return into.onInvalid('audio is PCM16, at most a second a message');
  into.onAudio(data, 0);
}
