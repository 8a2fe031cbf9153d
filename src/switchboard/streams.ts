import type { MediaSink, MediaStream } from '../carriers/carrier.ts';
import { briefCall } from '../conversations/brief.ts';
import type { Call } from '../domain/call.ts';
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
  try {
    if (call.resumes > 0) await records.closeTurns(call.id);
    const briefing = await briefCall(deps.conversations, call);
    const isMachine = await isMachineCall(deps, call);
    const sink = deps.liveCalls.connect(briefing, stream);
    if (isMachine) deps.liveCalls.leaveMessage(call.id);
    return sink;
  } catch (error) {
    // Without a session nobody would end it, and nobody else could have it.
    await records.letGo(call.id, { replicaId, resumes: call.resumes });
    throw error;
  }
}

/** The verdict may have come before the stream. */
async function isMachineCall({ callbacks }: SwitchboardDeps, { attemptId }: Call): Promise<boolean> {
  if (attemptId === null) return false;
  return (await callbacks.store.findAttempt(attemptId))?.machineVerdict === 'machine';
}
