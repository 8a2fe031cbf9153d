import { Skeleton, Table, Text } from '@mantine/core';
import { lazy, Suspense, useMemo, type ComponentType } from 'react';
import type { TurnWire } from '../../api/calls.ts';
import { Section } from '../shell/section.tsx';
import { clockDuration } from '../time/format.ts';
import { answersOf, latencyParts, secondsWords, type Answer } from './latency-parts.ts';
import { quantile } from './quantile.ts';

// The chart's library comes along only where an answer was measured; without it the table says all.
const LatencyChart = lazy<ComponentType<{ answers: readonly Answer[]; onPick?: (at: number) => void }>>(() =>
  import('./latency-chart.tsx').then(
    (module) => ({ default: module.LatencyChart }),
    () => ({ default: NoChart }),
  ),
);

/** How long the caller waited for each answer, and on what; nothing where no turn was measured. */
export function LatencySection({
  turns,
  fromMs,
  onPick,
}: {
  turns: readonly TurnWire[];
  fromMs: number;
  /** Gets the second of an answer that was picked. */
  onPick?: (at: number) => void;
}) {
  const answers = useMemo(() => answersOf(turns, fromMs), [turns, fromMs]);
  if (answers.length === 0) return null;
  const totals = answers.map(({ latency }) => latency.totalMs);
  return (
    <Section
      title="Time to answer"
      hint={`The silence that the caller heard: half of the answers within ${secondsWords(quantile(totals, 0.5))}, 95 % within ${secondsWords(quantile(totals, 0.95))}.`}
      anchor="latency"
    >
      <ul className="rb-legend" aria-hidden>
        {latencyParts.map(([part, words]) => (
          <li key={part}>
            <span className={`rb-part rb-part-${part}`} />
            {words}
          </li>
        ))}
      </ul>
      <Suspense fallback={<Skeleton height={224} />}>
        <LatencyChart answers={answers} {...(onPick === undefined ? {} : { onPick })} />
      </Suspense>
      <details className="rb-more">
        <summary>The same as a table</summary>
        <LatencyTable answers={answers} />
      </details>
    </Section>
  );
}

function NoChart() {
  return (
    <Text size="sm" c="dimmed">
      The chart can't be drawn here.
    </Text>
  );
}

function LatencyTable({ answers }: { answers: readonly Answer[] }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
    <div className="rb-table-frame" tabIndex={0} role="region" aria-label="Time to answer as a table">
      <Table verticalSpacing={6} horizontalSpacing="sm">
        <caption className="rb-visually-hidden">Time to answer of each turn, in milliseconds</caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">At</Table.Th>
            {latencyParts.map(([part, words]) => (
              <Table.Th key={part} scope="col" ta="right" className="rb-nowrap">
                {words}
              </Table.Th>
            ))}
            <Table.Th scope="col" ta="right">
              In all
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {answers.map(({ index, at, latency }) => (
            <Table.Tr key={index}>
              <Table.Th scope="row" className="rb-numbers" fw={400}>
                {clockDuration(at)}
              </Table.Th>
              {latencyParts.map(([part]) => (
                <Table.Td key={part} className="rb-numbers rb-nowrap" ta="right">
                  {Math.round(latency[part])} ms
                </Table.Td>
              ))}
              <Table.Td className="rb-numbers rb-nowrap" ta="right">
                {Math.round(latency.totalMs)} ms
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
