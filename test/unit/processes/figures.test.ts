import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { joinFigures } from '../../../src/processes/figures.ts';

async function figures(calls: number): Promise<string> {
  const registers = [new Registry()];
  new Counter({ name: 'calls_total', help: 'Calls.', labelNames: ['way'], registers }).inc({ way: 'a} {b' }, calls);
  new Gauge({ name: 'live', help: 'Live now.', registers }).set(calls);
  new Histogram({ name: 'late_seconds', help: 'How late.', buckets: [1], registers }).observe(0.5);
  return (await registers[0]?.metrics()) ?? '';
}

test('each sample says whose it is, and each family stands once with all of them', async () => {
  const text = joinFigures([
    { number: 1, text: await figures(3) },
    { number: 2, text: await figures(4) },
  ]);
  expect(text.split('\n')).toEqual([
    '# HELP calls_total Calls.',
    '# TYPE calls_total counter',
    'calls_total{process="1",way="a} {b"} 3',
    'calls_total{process="2",way="a} {b"} 4',
    '# HELP live Live now.',
    '# TYPE live gauge',
    'live{process="1"} 3',
    'live{process="2"} 4',
    '# HELP late_seconds How late.',
    '# TYPE late_seconds histogram',
    'late_seconds_bucket{process="1",le="1"} 1',
    'late_seconds_bucket{process="1",le="+Inf"} 1',
    'late_seconds_sum{process="1"} 0.5',
    'late_seconds_count{process="1"} 1',
    'late_seconds_bucket{process="2",le="1"} 1',
    'late_seconds_bucket{process="2",le="+Inf"} 1',
    'late_seconds_sum{process="2"} 0.5',
    'late_seconds_count{process="2"} 1',
    '# HELP ringback_process_up Whether this process of the machine gave its figures.',
    '# TYPE ringback_process_up gauge',
    'ringback_process_up{process="1"} 1',
    'ringback_process_up{process="2"} 1',
    '',
  ]);
});

test('a process that gave no figures is not there, and says so', async () => {
  const text = joinFigures([
    { number: 1, text: null },
    { number: 2, text: await figures(4) },
  ]);
  expect(text).toContain('ringback_process_up{process="1"} 0');
  expect(text).toContain('live{process="2"} 4');
  expect(text).not.toContain('live{process="1"}');
});
