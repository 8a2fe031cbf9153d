import { claimBatch, type ClaimRequest, type ClaimResult } from '../../src/callbacks/claim.ts';
import type { CallbackDeps } from '../../src/callbacks/deps.ts';

/** A claim of one callback, where a line is free or none is. */
export type OneClaim = Omit<ClaimRequest, 'callbackIds' | 'linesFree'> & {
  readonly callbackId: string;
  readonly capacityFree: boolean;
};

/** Claims one callback, as a batch of one. */
export async function claimForDial(deps: CallbackDeps, request: OneClaim): Promise<ClaimResult> {
  const { callbackId, capacityFree, ...rest } = request;
  const claimed = await claimBatch(deps, { ...rest, callbackIds: [callbackId], linesFree: capacityFree ? 1 : 0 });
  const result = claimed.get(callbackId);
  if (result === undefined) throw new Error('a claim says something of each callback');
  return result;
}
