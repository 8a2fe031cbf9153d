import type { Row } from './bench.ts';

/** The value below which a share `p` (0 to 1) of the values lies; NaN of none. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? Number.NaN;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** One row of several of the same kind: the median of each number, and the text of the first. */
export function medianRow(rows: readonly Row[]): Row {
  const first = rows[0] ?? {};
  return Object.fromEntries(
    Object.entries(first).map(([name, value]) => [
      name,
      typeof value === 'number'
        ? quantile(
            rows.map((row) => Number(row[name])),
            0.5,
          )
        : value,
    ]),
  );
}

/** The rows as a table of plain text. */
export function tableOf(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '')))];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const [head = [], ...body] = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)));
  return [head, widths.map((width) => '-'.repeat(width)), ...body].map((line) => line.join('  ').trimEnd()).join('\n');
}
