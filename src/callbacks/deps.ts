import type { CallbackStore } from '../../db/callback-store.ts';

/** What the use-cases of callbacks stand on. */
export interface CallbackDeps {
  readonly store: CallbackStore;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** What is known of a carrier by its name; undefined for one that is not configured. */
  readonly carrierOf: (name: string) => CarrierFacts | undefined;
  /** `OUTBOUND_ALLOWLIST`; null is all. */
  readonly allowlist: readonly string[] | null;
  readonly times: CallbackTimes;
}

/** What the rules of callbacks need to know of a carrier. */
export interface CarrierFacts {
  reaches(number: string): boolean;
  readonly ringsTelephone: boolean;
  readonly machineDetection: boolean;
}

/** When the reconciler looks at an attempt again. */
export interface CallbackTimes {
  /** After the ring timeout, when no webhook came. */
  readonly ringGraceMs: number;
  /** While a call is answered. */
  readonly answeredPollMs: number;
  /** After the request whose answer was lost: one look-up each; the last empty one says that there is no call. */
  readonly unknownChecksMs: readonly number[];
  /** After the end of an answered call with machine detection, for its verdict. */
  readonly verdictMs: number;
}

export const defaultCallbackTimes: CallbackTimes = {
  ringGraceMs: 30_000,
  answeredPollMs: 60_000,
  unknownChecksMs: [5_000, 30_000, 120_000],
  verdictMs: 10_000,
};

export function reaches(deps: CallbackDeps, carrier: string, number: string): boolean {
  return deps.carrierOf(carrier)?.reaches(number) ?? false;
}

export function ringsTelephone(deps: CallbackDeps, carrier: string): boolean {
  return deps.carrierOf(carrier)?.ringsTelephone ?? true;
}
