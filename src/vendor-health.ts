import type { MonotonicClock } from './clock.ts';
import type { AgentSettings } from './domain/agent.ts';
import type { Log } from './log.ts';
import type { Vendors } from './call/ports.ts';

/** A vendor of speech or thought, as it is configured here. */
export interface VendorName {
  readonly kind: 'stt' | 'llm' | 'tts';
  readonly vendor: string;
}

/** In milliseconds. */
export interface VendorHealthTimes {
  /** How long one that is believed down is left alone, and at most: it doubles with each trial that fails. */
  readonly restFromMs: number;
  readonly restToMs: number;
}

export const defaultVendorHealthTimes: VendorHealthTimes = { restFromMs: 10_000, restToMs: 120_000 };

/** What live calls saw of their vendors, and what is believed of them for it. Each call is cheap and never throws. */
export interface VendorHealth {
  failed(vendor: VendorName): void;
  /** It did what it was asked for. */
  answered(vendor: VendorName): void;
  /**
   * Those that a call of this agent would need, that are believed down and that still rest, in words for the console.
   * Asked in the moment before a dial.
   */
  downFor(agent: Pick<AgentSettings, 'stt' | 'llm' | 'voice'>): string[];
  /** This agent is dialled, to see whether what has rested works: whoever asks next waits to hear how it went. */
  tried(agent: Pick<AgentSettings, 'stt' | 'llm' | 'voice'>): void;
  /** All that are believed down. */
  readonly down: readonly VendorName[];
}

export interface VendorHealthOptions {
  readonly vendors: Vendors;
  readonly clock: MonotonicClock;
  readonly log: Log;
  readonly times?: VendorHealthTimes | undefined;
}

interface Doubt extends VendorName {
  /** In a row. */
  failures: number;
  restMs: number;
  restsUntilMs: number;
  /** Somebody was let through to see. */
  onTrial: boolean;
}

/** Failures in a row after which a vendor is believed down: a call that goes wrong sees at least one. */
const ENOUGH_FAILURES = 3;

/**
 * Believes a vendor down after failures in a row, over all calls of this process, and up again as soon as it answers
 * anybody. Nobody is rung to find out but one person now and then, whose opening is tried while their telephone rings.
 */
export function openVendorHealth({ vendors, clock, log, times }: VendorHealthOptions): VendorHealth {
  const { restFromMs, restToMs } = times ?? defaultVendorHealthTimes;
  /** Bounded by the adapters there are. */
  const doubts = new Map<string, Doubt>();
  const fresh = { restMs: restFromMs / 2, restsUntilMs: 0, onTrial: false };
  const isDown = ({ failures }: Doubt): boolean => failures >= ENOUGH_FAILURES;
  const downOf = (agent: Parameters<VendorHealth['downFor']>[0]): Doubt[] =>
    doubts.size === 0
      ? []
      : neededBy(vendors, agent)
          .flatMap((name) => doubts.get(name) ?? [])
          .filter(isDown);

  return {
    failed({ kind, vendor }) {
      const name = `${kind} ${vendor}`;
      const doubt = doubts.get(name) ?? { kind, vendor, failures: 0, ...fresh };
      doubts.set(name, doubt);
      doubt.failures += 1;
      // Those that were under way when it went down say nothing new.
      if (!isDown(doubt) || (clock.nowMs() < doubt.restsUntilMs && !doubt.onTrial)) return;
      doubt.onTrial = false;
      doubt.restMs = Math.min(restToMs, doubt.restMs * 2);
      doubt.restsUntilMs = clock.nowMs() + doubt.restMs;
      if (doubt.failures === ENOUGH_FAILURES) log.warn({ kind, vendor }, 'a vendor is believed down: callbacks wait');
    },
    answered({ kind, vendor }) {
      const doubt = doubts.get(`${kind} ${vendor}`);
      if (doubt === undefined) return;
      doubts.delete(`${kind} ${vendor}`);
      if (isDown(doubt)) log.warn({ kind, vendor }, 'a vendor answers again: callbacks are dialled');
    },
    downFor(agent) {
      return downOf(agent)
        .filter(({ restsUntilMs }) => clock.nowMs() < restsUntilMs)
        .map(({ kind, vendor }) => `The ${WORDS[kind]} (${vendor})`);
    },
    tried(agent) {
      for (const doubt of downOf(agent))
        Object.assign(doubt, { onTrial: true, restsUntilMs: clock.nowMs() + doubt.restMs });
    },
    get down() {
      return [...doubts.values()].filter(isDown).map(({ kind, vendor }) => ({ kind, vendor }));
    },
  };
}

const WORDS = { stt: 'STT', llm: 'LLM', tts: 'TTS' } as const;

function neededBy(vendors: Vendors, { stt, llm, voice }: Pick<AgentSettings, 'stt' | 'llm' | 'voice'>): string[] {
  const heard = vendors.stt(stt);
  return [
    ...(heard === null ? [] : [`stt ${heard.stt.name}`]),
    `llm ${vendors.llm(llm).llm.name}`,
    `tts ${vendors.tts(voice).tts.name}`,
  ];
}
