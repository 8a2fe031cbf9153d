import { getTableColumns, getTableName } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

/** The rows of a table as one parameter, so that a statement keeps its text whatever their number. */
export interface JsonRows<T extends PgTable> {
  /** The columns, for a list of them. */
  readonly columns: string;
  /** A FROM item of the rows in parameter `$n`, under the name `r`. */
  from(n: number): string;
  /** The parameter. A column that a row does not name is null. */
  of(rows: readonly T['$inferInsert'][]): string;
}

/** How rows of `table` travel. For statements that are made once, as the module is loaded. */
export function jsonRows<T extends PgTable>(table: T): JsonRows<T> {
  const columns = Object.entries(getTableColumns(table));
  if (columns.length === 0) throw new Error(`${getTableName(table)} has no columns`);
  const names = columns.map(([, column]) => `"${column.name}"`);
  const typed = columns.map(([, column]) => `"${column.name}" ${column.getSQLType()}`).join(', ');
  return {
    columns: names.join(', '),
    from: (n) => `jsonb_to_recordset($${n}::jsonb) as r (${typed})`,
    of: (rows) =>
      JSON.stringify(
        rows.map((row: Readonly<Record<string, unknown>>) =>
          Object.fromEntries(columns.map(([key, column]) => [column.name, plain(row[key])])),
        ),
      ),
  };
}

/** As a column of that type reads it. JSON stays the value that it is. */
function plain(value: unknown): unknown {
  return value instanceof Temporal.Instant ? value.round('millisecond').toString() : (value ?? null);
}
