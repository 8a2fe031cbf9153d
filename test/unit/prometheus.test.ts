import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { attemptOutcomes } from '../../src/domain/attempt.ts';
import type { Ledger } from '../../src/domain/ledger.ts';
import { openPrometheus } from '../../src/prometheus.ts';
import type { MetricSources } from '../../src/prometheus-gauges.ts';

const ledger: Ledger = {
  bookings: 7,
  promises: { kept: 3, late: 1, broken: 1, open: 1, cancelled: 1 },
  overdue: 1,
  oldestInFlightSeconds: 12,
  attempts: Object.fromEntries([...attemptOutcomes, 'in_flight'].map((one) => [one, 2])) as Ledger['attempts'],
};

const sources: MetricSources = {
  version: '1.2.3',
  liveCalls: () => 4,
  eventLoop: () => ({ utilization: 0.25, delayP99Ms: 3 }),
  overloaded: () => false,
  databaseState: () => 'ready',
  scheduler: () => ({ why: null, epoch: 9, draining: false, nearTimers: 5, dialsInFlight: 0 }),
  queues: () => ({ background: 2 }),
  ledger: async () => ledger,
};

/** Value by name and labels, as a scraper reads them. */
async function scrape(
  over: Partial<MetricSources> = {},
  report: (prometheus: ReturnType<typeof openPrometheus>) => void = () => undefined,
) {
  const prometheus = openPrometheus(new Registry());
  prometheus.watch({ ...sources, ...over });
  report(prometheus);
  const { text, contentType } = await prometheus.render();
  expect(contentType).toContain('text/plain');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

test('the classes of promises are scraped, and sum to the bookings', async () => {
  const values = await scrape();
  const classes = [...values].filter(([name]) => name.startsWith('ringback_promises{'));
  expect(classes).toHaveLength(5);
  expect(classes.reduce((sum, [, value]) => sum + value, 0)).toBe(values.get('ringback_bookings'));
  expect(values.get('ringback_promises_overdue')).toBe(1);
  expect(values.get('ringback_attempt_oldest_in_flight_seconds')).toBe(12);
  expect(values.get('ringback_ledger_up')).toBe(1);
});

test('while the database is away the rest is scraped, and nothing pretends that there are no bookings', async () => {
  const values = await scrape({ ledger: () => Promise.reject(new Error('away')), databaseState: () => 'lost' });
  expect(values.get('ringback_ledger_up')).toBe(0);
  expect([...values.keys()].filter((name) => /bookings|promises|attempt/.test(name))).toEqual([]);
  expect(values.get('ringback_database_state{state="lost"}')).toBe(1);
  expect(values.get('ringback_calls_live')).toBe(4);
});

test('before the first window the event loop has no figures, rather than good ones', async () => {
  const values = await scrape({ eventLoop: () => null });
  expect([...values.keys()].filter((name) => name.includes('event_loop'))).toEqual([]);
});

test('a call is counted by direction, carrier and end; one that goes on in another stream is not a new call', async () => {
  const values = await scrape({}, ({ metrics }) => {
    metrics.callStarted({ direction: 'inbound', carrier: 'browser', resumed: false });
    metrics.callStarted({ direction: 'inbound', carrier: 'browser', resumed: true });
    metrics.callEnded({ direction: 'inbound', carrier: 'browser', reason: 'caller_hung_up' });
    metrics.callRefused('overloaded');
  });
  const kind = 'direction="inbound",carrier="browser"';
  expect(values.get(`ringback_calls_started_total{${kind}}`)).toBe(1);
  expect(values.get(`ringback_calls_resumed_total{${kind}}`)).toBe(1);
  expect(values.get(`ringback_calls_ended_total{${kind},reason="caller_hung_up"}`)).toBe(1);
  expect(values.get('ringback_calls_refused_total{why="overloaded"}')).toBe(1);
});

test('the five parts of a latency, their total and the silence in it are in seconds', async () => {
  const latency = {
    endpointingMs: 100,
    sttMs: 50,
    llmFirstTokenMs: 300,
    ttsFirstByteMs: 80,
    firstAudioMs: 20,
    totalMs: 550,
    heardGapMs: 450,
  };
  const values = await scrape({}, ({ metrics }) => metrics.turn({ role: 'agent', interrupted: false, latency }));
  expect(values.get('ringback_turn_latency_seconds_sum{part="total"}')).toBeCloseTo(0.55);
  expect(values.get('ringback_turn_latency_seconds_sum{part="heard_gap"}')).toBeCloseTo(0.45);
  const parts = [...values].filter(([name]) => /_sum\{part="(?!total|heard)/.test(name));
  expect(parts).toHaveLength(5);
  expect(parts.reduce((sum, [, value]) => sum + value, 0)).toBeCloseTo(0.55);
  expect(values.get('ringback_turns_total{role="agent",interrupted="false"}')).toBe(1);
});

test('a dial that was early would stand in the bucket that is always empty', async () => {
  const values = await scrape({}, ({ metrics }) => {
    metrics.dialed({ isFirst: true, lateMs: 3 });
    metrics.dialed({ isFirst: true, lateMs: 61_000 });
  });
  expect(values.get('ringback_dial_lateness_seconds_bucket{le="0",attempt="first"}')).toBe(0);
  expect(values.get('ringback_dial_lateness_seconds_bucket{le="0.005",attempt="first"}')).toBe(1);
  expect(values.get('ringback_dial_lateness_seconds_count{attempt="first"}')).toBe(2);
});

test('two gateways in one process keep their counts apart', async () => {
  const [one, other] = [openPrometheus(new Registry()), openPrometheus(new Registry())];
  one.metrics.callRefused('full');
  expect((await one.render()).text).toContain('ringback_calls_refused_total{why="full"} 1');
  expect((await other.render()).text).not.toContain('why="full"');
});
