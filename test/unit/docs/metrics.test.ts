import { readFile } from 'node:fs/promises';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { openPrometheus } from '../../../src/prometheus.ts';
import type { MetricSources } from '../../../src/prometheus-gauges.ts';

/** Nothing is read from it: only the names are looked at. */
const never = (): never => {
  throw new Error('nothing is scraped here');
};
const sources: MetricSources = {
  version: '',
  liveCalls: never,
  eventLoop: never,
  overloaded: never,
  databaseState: never,
  scheduler: never,
  queues: never,
  ledger: never,
};

/** Rows of the page's tables that begin with a metric: its name and its labels. */
async function documented(): Promise<Map<string, string[]>> {
  const page = await readFile(new URL('../../../docs/reference/metrics.md', import.meta.url), 'utf8');
  const rows = page.matchAll(/^\| `([a-z_0-9]+)`\s*\|([^|]*)\|/gm);
  const named = [...rows].map(([, name, labels]) => [name ?? '', labels?.match(/[a-z]+/g) ?? []] as const);
  return new Map(named.filter(([name]) => /^(?:ringback|process|nodejs)_/.test(name)));
}

test('the page of metrics names every metric with its labels, and no other', async () => {
  const registry = new Registry();
  openPrometheus(registry).watch(sources);
  const real = registry
    .getMetricsAsArray()
    .map((metric) => [metric.name, (metric as unknown as { labelNames: string[] }).labelNames] as const);
  const page = await documented();
  expect([...page.keys()].toSorted()).toEqual(real.map(([name]) => name).toSorted());
  for (const [name, labels] of real) expect([name, page.get(name)?.toSorted()]).toEqual([name, labels.toSorted()]);
});
