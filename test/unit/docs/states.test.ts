import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attemptStatuses, type AttemptStatus } from '../../../src/domain/attempt.ts';
import { advance, type AttemptEvidence, type AttemptFacts } from '../../../src/domain/attempt-states.ts';
import { callbackTransitions } from '../../../src/domain/callback-states.ts';

const document = await readFile(join(import.meta.dirname, '../../../docs/explanation/states.md'), 'utf8');

test('the drawing of a callback has every transition of the table, and no other', () => {
  const drawing = /```mermaid\n(.*?)```/s.exec(document)?.[1] ?? '';
  const drawn = [...drawing.matchAll(/^\s*(\w+) --> (\w+): (\w+)$/gm)].map(
    ([, from, to, event]) => `${from} ${event} ${to}`,
  );
  // What it was before the claim is either of these.
  const table = callbackTransitions().flatMap(({ from, event, to }) =>
    (to === 'waiting' ? ['scheduled', 'no_answer'] : [to]).map((end) => `${from} ${event} ${end}`),
  );
  expect(drawn.toSorted()).toEqual(table.toSorted());
});

test('the table of an attempt says what each evidence makes of each status', () => {
  const attempts = document.slice(document.indexOf('## An attempt'));
  const written = [...attempts.matchAll(/^\| `(\w+)` +\|(.*)\|$/gm)].map(([, name = '', cells = '']) => [
    name,
    ...cells.split('|').map((cell) => cell.replaceAll(/[`\s]/g, '')),
  ]);
  const known = Object.entries(evidences).map(([name, evidence]) => [
    name,
    ...attemptStatuses.map((status) => statusAfter(status, evidence)),
  ]);
  expect(written).toEqual(known);
});

const evidences: Record<string, AttemptEvidence> = {
  placed: { kind: 'placed' },
  ringing: { kind: 'ringing' },
  answered: { kind: 'answered' },
  opening: { kind: 'opening' },
  verdict: { kind: 'verdict', verdict: 'human' },
  ended: { kind: 'ended', end: 'no_answer' },
  unknown: { kind: 'unknown', detail: '' },
  not_placed: { kind: 'not_placed', detail: '' },
  refused: { kind: 'refused', outcome: 'not_permitted', detail: '' },
  lost: { kind: 'lost' },
};

/** The status that follows, or a dash where it stays. */
function statusAfter(status: AttemptStatus, evidence: AttemptEvidence): string {
  const at = Temporal.Instant.fromEpochMilliseconds(0);
  const facts: AttemptFacts = {
    status,
    outcome: status === 'ended' ? 'no_answer' : null,
    answeredAt: status === 'answered' ? at : null,
    openingAt: null,
    endedAt: status === 'ended' ? at : null,
    machineVerdict: null,
    machineDetection: false,
  };
  const next = advance(facts, evidence, at)?.status ?? status;
  return next === status ? '–' : next;
}
