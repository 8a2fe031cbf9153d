import type { MediaSink, MediaStream } from '../carriers/carrier.ts';
import { briefCall } from '../conversations/brief.ts';
import { RingbackError } from '../errors.ts';
import type { SwitchboardDeps } from './deps.ts';

/**
 * Leads a media stream to its call, and starts the session. The token is used up whatever comes of it. Throws
 * `stream_refused` where it is no good, where the stream belongs to another call at the carrier, or where somebody
 * holds the call already.
 */
export async function connectStream(
  deps: SwitchboardDeps,
  stream: MediaStream,
  claim: { token: string; carrierCallId: string },
): Promise<MediaSink> {
  const callId = await deps.tokens.use(claim.token);
  if (callId === undefined) throw new RingbackError('stream_refused');
  const { records, replicaId } = deps.conversations;
  const known = await records.find(callId);
  const sameCall = known?.carrierCallId == null || known.carrierCallId === claim.carrierCallId;
  const call = sameCall ? await records.claimStream(callId, replicaId) : undefined;
  if (call === undefined) throw new RingbackError('stream_refused');
  return deps.liveCalls.connect(await briefCall(deps.conversations, call), stream);
}
