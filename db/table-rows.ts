import { getTableColumns } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

/** What a statement may be given, see `runText`. */
export type Parameter = string | number | boolean | null;

/** One row of a table as parameters. For statements that are made once, as the module is loaded. */
export interface RowParameters<T extends PgTable> {
  readonly count: number;
  /** What stands after INSERT INTO, for a row whose first parameter is `$from`. */
  into(from: number): string;
  /** The parameters. A column that the row does not name is null. */
  of(row: T['$inferInsert']): Parameter[];
}

/** How a row of `table` travels. */
export function rowParameters<T extends PgTable>(table: T): RowParameters<T> {
  const columns = Object.entries(getTableColumns(table));
  const names = columns.map(([, column]) => `"${column.name}"`).join(', ');
  return {
    count: columns.length,
    into: (from) => `(${names}) values (${columns.map((_, index) => `$${from + index}`).join(', ')})`,
    of: (row: Readonly<Record<string, unknown>>) => columns.map(([key, { dataType }]) => plain(row[key], dataType)),
  };
}

function plain(value: unknown, type: string): Parameter {
  if (value === undefined || value === null) return null;
  // Times as they are stored: what is written and what is known of it must compare equal.
  if (value instanceof Temporal.Instant) return value.round('millisecond').toString();
  if (type === 'json' || typeof value === 'object') return JSON.stringify(value);
  return typeof value === 'boolean' || typeof value === 'number' ? value : String(value);
}
