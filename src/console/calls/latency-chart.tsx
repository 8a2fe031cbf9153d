import { Text } from '@mantine/core';
import { useCallback, useMemo, useRef, useState } from 'react';
import { barPaths, usePlot, type Chart, type PlotLook } from '../shell/use-plot.ts';
import type { AlignedData, Options } from 'uplot';
import { clockDuration } from '../time/format.ts';
import { latencyParts, secondsWords, stacked, type Answer } from './latency-parts.ts';
import { quantile } from './quantile.ts';

const HEIGHT = 200;
/** So that a call with two answers has no two walls. */
const WIDEST_BAR = 44;
/** Steps of the axis in milliseconds: none below what `secondsWords` writes, or two lines would bear the same number. */
const HEIGHT_STEPS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000];

/**
 * A bar for each answer, in the order of the call, of what its time went to. For eyes and pointers alone: the table
 * beside it says the same.
 */
export function LatencyChart({ answers, onPick }: { answers: readonly Answer[]; onPick?: (at: number) => void }) {
  const container = useRef<HTMLDivElement>(null);
  const [column, setColumn] = useState<number | null>(null);
  const data = useMemo<AlignedData>(
    // What is drawn later stands in front: the highest first.
    () => [answers.map((_, index) => index), ...stacked(answers).toReversed()],
    [answers],
  );
  const make = useCallback((look: PlotLook) => optionsOf(look, answers, setColumn), [answers]);
  usePlot(container, HEIGHT, make, data);
  const shown = column === null ? undefined : answers[column];
  return (
    <div aria-hidden>
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions -- by keyboard the transcript has the same places */}
      <div
        ref={container}
        className="rb-plot"
        data-picks={onPick !== undefined}
        onClick={() => shown !== undefined && onPick?.(shown.at)}
      />
      <Text size="xs" c="dimmed" className="rb-numbers rb-plot-words">
        {shown === undefined ? 'Point at a bar to read it.' : wordsOf(shown)}
      </Text>
    </div>
  );
}

function wordsOf({ at, latency }: Answer): string {
  const parts = latencyParts.map(([part, words]) => `${words} ${Math.round(latency[part])} ms`);
  return `At ${clockDuration(at)}: ${secondsWords(latency.totalMs)} – ${parts.join(' · ')}`;
}

function optionsOf(
  look: PlotLook,
  answers: readonly Answer[],
  onColumn: (column: number | null) => void,
): Omit<Options, 'width' | 'height'> {
  const last = answers.length - 1;
  const bars = barPaths({ size: [0.7, WIDEST_BAR] });
  const axis = { stroke: look.faint, font: look.font, ticks: { show: false } };
  return {
    padding: [14, 8, 0, 0],
    legend: { show: false },
    cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [-0.5, last + 0.5] },
      y: { range: (_plot, _least, most) => [0, Math.max(most, 1) * 1.1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
        space: 44,
        size: 26,
        values: (_plot, columns) => columns.map((at) => clockDuration(answers[at]?.at ?? 0)),
      },
      {
        ...axis,
        grid: { stroke: look.line, width: 1 },
        incrs: HEIGHT_STEPS,
        size: 46,
        space: 36,
        values: (_plot, heights) => heights.map(secondsWords),
      },
    ],
    series: [
      {},
      ...latencyParts.toReversed().map(([part]) => ({
        fill: look.colour(`--rb-part-${part}`),
        width: 0,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      })),
    ],
    hooks: {
      draw: [(plot) => drawQuantiles(plot, look, answers)],
      setCursor: [(plot) => onColumn(plot.cursor.idx ?? null)],
    },
  };
}

/** Lines at what half of the answers, and 95 % of them, stayed within. One answer has neither. */
function drawQuantiles(plot: Chart, look: PlotLook, answers: readonly Answer[]): void {
  if (answers.length < 2) return;
  const totals = answers.map(({ latency }) => latency.totalMs);
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = look.text;
  ctx.lineWidth = devicePixelRatio;
  ctx.font = look.font.replace('12px', `${11 * devicePixelRatio}px`);
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  const lines = [
    [quantile(totals, 0.5), '50 %'],
    [quantile(totals, 0.95), '95 %'],
  ] as const;
  let above = Infinity;
  for (const [ms, words] of lines) {
    const y = Math.round(plot.valToPos(ms, 'y', true));
    // Where both are as good as one, one is enough.
    if (Math.abs(above - y) < 12 * devicePixelRatio) continue;
    above = y;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    labelAt(ctx, look, words, bbox.left + bbox.width, y - 3 * devicePixelRatio);
  }
  ctx.restore();
}

/** On a patch of the card, so that no line runs through it. */
function labelAt(ctx: CanvasRenderingContext2D, look: PlotLook, words: string, right: number, bottom: number): void {
  const { width } = ctx.measureText(words);
  const height = 11 * devicePixelRatio;
  ctx.fillStyle = look.colour('--rb-card');
  ctx.fillRect(right - width - 3, bottom - height, width + 3, height + 1);
  ctx.fillStyle = look.text;
  ctx.fillText(words, right, bottom);
}
