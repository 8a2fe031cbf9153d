import { Table, Text } from '@mantine/core';
import type { TurnWire } from '../../api/calls.ts';
import { clockDuration } from '../time/format.ts';
import { Section } from '../shell/section.tsx';
import { quantile } from './quantile.ts';

type Latency = NonNullable<TurnWire['latency']>;

const latencyParts = [
  ['endpointingMs', 'End of speech'],
  ['sttMs', 'Words'],
  ['llmFirstTokenMs', 'First token'],
  ['ttsFirstByteMs', 'Voice'],
  ['firstAudioMs', 'First sound'],
] as const satisfies readonly (readonly [keyof Latency, string])[];

/** How long the caller waited for each answer, and on what; nothing where no turn was measured. */
export function LatencySection({ turns, fromMs }: { turns: readonly TurnWire[]; fromMs: number }) {
  const measured = turns.flatMap((turn) => (turn.latency === null ? [] : [{ turn, latency: turn.latency }]));
  if (measured.length === 0) return null;
  const longestMs = Math.max(...measured.map(({ latency }) => latency.totalMs), 1);
  const totals = measured.map(({ latency }) => latency.totalMs);
  return (
    <Section
      title="Time to answer"
      hint={`The silence that the caller heard: half of the answers within ${seconds(quantile(totals, 0.5))}, 95 % within ${seconds(quantile(totals, 0.95))}.`}
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
      <div className="rb-table-frame rb-plain-frame">
        <Table verticalSpacing={6} horizontalSpacing="xs" className="rb-latency">
          <caption className="rb-visually-hidden">Time to answer of each turn, in milliseconds</caption>
          <Table.Thead className="rb-visually-hidden">
            <Table.Tr>
              <Table.Th scope="col">At</Table.Th>
              <Table.Th scope="col">Parts</Table.Th>
              <Table.Th scope="col">In all</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {measured.map(({ turn, latency }) => (
              <Table.Tr key={turn.index}>
                <Table.Td className="rb-numbers" w={52}>
                  {clockDuration(Math.max(0, Date.parse(turn.startedAt) - fromMs) / 1000)}
                </Table.Td>
                <Table.Td>
                  <div className="rb-bar" style={{ width: `${(latency.totalMs / longestMs) * 100}%` }}>
                    {latencyParts.map(([part, words]) => (
                      <span
                        key={part}
                        className={`rb-part-${part}`}
                        style={{ flexGrow: Math.max(0, latency[part]) }}
                        title={`${words}: ${Math.round(latency[part])} ms`}
                      >
                        <span className="rb-visually-hidden">
                          {words} {Math.round(latency[part])} ms.{' '}
                        </span>
                      </span>
                    ))}
                  </div>
                </Table.Td>
                <Table.Td className="rb-numbers rb-nowrap" w={64} ta="right">
                  <Text span size="sm">
                    {seconds(latency.totalMs)}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  );
}

/** "0.8 s". */
function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
