import type { CallRecords } from '../db/call-store.ts';
import type { CallStore, Vendors } from './call/ports.ts';
import type { Llm, LlmEvent } from './llm/llm.ts';
import { isRingbackError } from './errors.ts';
import type { Metrics } from './metrics.ts';
import type { Stt } from './stt/stt.ts';
import type { Tts } from './tts/tts.ts';
import type { VendorHealth, VendorName } from './vendor-health.ts';

/** Hears what calls see of their vendors. */
interface Witness {
  vendorFailed(failure: VendorName & { readonly fault: string }): void;
  vendorAnswered(vendor: VendorName): void;
}

/**
 * The vendors of live calls, each failure that a call sees counted, and told to `health` together with what goes well.
 * Audio and words pass as they are.
 */
export function meterVendors(
  vendors: Vendors,
  metrics: Pick<Metrics, 'vendorFailed'>,
  health?: Pick<VendorHealth, 'failed' | 'answered'>,
): Vendors {
  const witness: Witness = {
    vendorFailed(failure) {
      metrics.vendorFailed(failure);
      health?.failed(failure);
    },
    vendorAnswered: (vendor) => health?.answered(vendor),
  };
  return {
    stt(choice) {
      const chosen = vendors.stt(choice);
      return chosen === null ? null : { ...chosen, stt: meterStt(chosen.stt, witness) };
    },
    llm(choice) {
      const chosen = vendors.llm(choice);
      return { ...chosen, llm: meterLlm(chosen.llm, witness) };
    },
    tts(choice) {
      const chosen = vendors.tts(choice);
      return { ...chosen, tts: meterTts(chosen.tts, witness) };
    },
  };
}

/** The store of live calls, each turn that is over counted once it is stored. */
export function meterStore(store: CallStore, metrics: Metrics): CallStore {
  return {
    ...store,
    async saveTurn(callId, turn, resumes) {
      await store.saveTurn(callId, turn, resumes);
      if (turn.endedAt !== null) metrics.turn(turn);
    },
  };
}

/** Counts a call whose end is stored. */
export async function countEnd(records: Pick<CallRecords, 'find'>, callId: string, metrics: Metrics): Promise<void> {
  const call = await records.find(callId);
  if (call === undefined) return;
  const { direction, carrier, endReason } = call;
  metrics.callEnded({ direction, carrier, reason: endReason ?? 'unknown' });
}

function meterStt(stt: Stt, witness: Witness): Stt {
  const answered = (): void => witness.vendorAnswered({ kind: 'stt', vendor: stt.name });
  return {
    name: stt.name,
    models: stt.models,
    capabilities: stt.capabilities,
    open: (options, events) =>
      stt.open(options, {
        onSpeechStarted: () => events.onSpeechStarted(),
        onInterim(text) {
          answered();
          events.onInterim(text);
        },
        onFinal(text) {
          answered();
          events.onFinal(text);
        },
        onEndOfTurn: (text, eager) => events.onEndOfTurn(text, eager),
        onTurnResumed: () => events.onTurnResumed(),
        onError(error) {
          witness.vendorFailed({ kind: 'stt', vendor: stt.name, fault: faultOf(error) });
          events.onError(error);
        },
      }),
    [Symbol.asyncDispose]: () => stt[Symbol.asyncDispose](),
  };
}

function meterTts(tts: Tts, witness: Witness): Tts {
  return {
    name: tts.name,
    voices: tts.voices,
    capabilities: tts.capabilities,
    open(options) {
      const voice = tts.open(options);
      return {
        utter: (events) =>
          voice.utter({
            onAudio: events.onAudio.bind(events),
            onSegmentEnd: events.onSegmentEnd.bind(events),
            onEnd() {
              witness.vendorAnswered({ kind: 'tts', vendor: tts.name });
              events.onEnd();
            },
            onError(error) {
              witness.vendorFailed({ kind: 'tts', vendor: tts.name, fault: faultOf(error) });
              events.onError(error);
            },
          }),
        [Symbol.dispose]: () => voice[Symbol.dispose](),
      };
    },
    [Symbol.asyncDispose]: () => tts[Symbol.asyncDispose](),
  };
}

function meterLlm(llm: Llm, witness: Witness): Llm {
  const failed = (error: unknown): void =>
    witness.vendorFailed({ kind: 'llm', vendor: llm.name, fault: faultOf(error) });
  return {
    name: llm.name,
    models: llm.models,
    async *answer(request, options): AsyncGenerator<LlmEvent> {
      const { signal } = options;
      // A model that says nothing is given up from outside, and may never answer to that.
      const onAbort = (): void => {
        if (isRingbackError(signal.reason, 'vendor_deadline')) failed(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        yield* llm.answer(request, options);
        witness.vendorAnswered({ kind: 'llm', vendor: llm.name });
      } catch (error) {
        if (!signal.aborted) failed(error);
        throw error;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    [Symbol.asyncDispose]: () => llm[Symbol.asyncDispose](),
  };
}

/** A handful of words, whatever the vendor said. */
function faultOf(error: unknown): 'refused' | 'deadline' | 'failed' | 'other' {
  if (isRingbackError(error, 'vendor_refused')) return 'refused';
  if (isRingbackError(error, 'vendor_deadline')) return 'deadline';
  return isRingbackError(error) ? 'failed' : 'other';
}
