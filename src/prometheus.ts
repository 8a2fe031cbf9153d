import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Metrics } from './metrics.ts';
import { gaugesOf, type MetricSources } from './prometheus-gauges.ts';

/** The counters of this process as Prometheus reads them. */
export interface Prometheus {
  readonly metrics: Metrics;
  /** What is read anew at each scrape. Once, when everything that it reads is open. */
  watch(sources: MetricSources): void;
  /** The text of `/metrics`. Never rejects because of the database. */
  readonly render: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Seconds of silence before an answer. */
const LATENCY_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10];
/** Seconds after the due time. What lies at or below 0 was early, which never happens. */
const LATENESS_BUCKETS = [0, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 900, 3_600];

/** Registers everything in `registry`, which belongs to one gateway and no other. */
export function openPrometheus(registry: Registry): Prometheus {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames, registers });

  const started = counter('ringback_calls_started_total', 'Calls that began here.', ['direction', 'carrier']);
  const resumed = counter('ringback_calls_resumed_total', 'Calls that went on here in another stream.', [
    'direction',
    'carrier',
  ]);
  const ended = counter('ringback_calls_ended_total', 'Calls whose end was stored from here.', [
    'direction',
    'carrier',
    'reason',
  ]);
  const refused = counter('ringback_calls_refused_total', 'Inbound calls that heard that all lines are busy.', ['why']);
  const turns = counter('ringback_turns_total', 'Turns that are over, tool calls included.', ['role', 'interrupted']);
  const latency = new Histogram({
    name: 'ringback_turn_latency_seconds',
    help: 'From the last of a voice to the first sound of the answer: five parts, total, and heard_gap, the silence in it.',
    labelNames: ['part'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const lateness = new Histogram({
    name: 'ringback_dial_lateness_seconds',
    help: 'From the due time to the request at the carrier.',
    labelNames: ['attempt'],
    buckets: LATENESS_BUCKETS,
    registers,
  });
  const answers = counter('ringback_carrier_answers_total', 'What carriers said to dials.', ['carrier', 'result']);
  const faults = counter('ringback_vendor_errors_total', 'Errors of STT, LLM and TTS.', ['kind', 'vendor', 'fault']);

  return {
    metrics: {
      callStarted: ({ direction, carrier, resumed: again }) => (again ? resumed : started).inc({ direction, carrier }),
      callEnded: ({ direction, carrier, reason }) => ended.inc({ direction, carrier, reason }),
      callRefused: (why) => refused.inc({ why }),
      turn(turn) {
        turns.inc({ role: turn.role, interrupted: String(turn.interrupted) });
        if (turn.latency === null) return;
        const parts = turn.latency;
        latency.observe({ part: 'endpointing' }, parts.endpointingMs / 1000);
        latency.observe({ part: 'stt' }, parts.sttMs / 1000);
        latency.observe({ part: 'llm_first_token' }, parts.llmFirstTokenMs / 1000);
        latency.observe({ part: 'tts_first_byte' }, parts.ttsFirstByteMs / 1000);
        latency.observe({ part: 'first_audio' }, parts.firstAudioMs / 1000);
        latency.observe({ part: 'total' }, parts.totalMs / 1000);
        latency.observe({ part: 'heard_gap' }, (parts.heardGapMs ?? parts.totalMs) / 1000);
      },
      dialed: ({ isFirst, lateMs }) => lateness.observe({ attempt: isFirst ? 'first' : 'retry' }, lateMs / 1000),
      carrierAnswered: ({ carrier, result }) => answers.inc({ carrier, result }),
      vendorFailed: ({ kind, vendor, fault }) => faults.inc({ kind, vendor, fault }),
    },
    watch(sources) {
      for (const { name, help, labelNames, read } of gaugesOf(sources)) {
        const gauge = new Gauge({
          name,
          help,
          labelNames,
          registers,
          async collect() {
            gauge.reset();
            // Without labels it would say 0 where nothing is known.
            if (labelNames.length === 0) gauge.remove({});
            for (const { labels, value } of await read()) gauge.set(labels, value);
          },
        });
      }
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
