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
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  throw new TypeError(`a column of type ${type} cannot hold a ${typeof value}`);
}

/** Many rows of a table as one parameter, so that a statement keeps its text whatever their number. */
export interface JsonRows<T extends PgTable> {
  /** The columns, for a list of them. */
  readonly columns: string;
  /** A FROM item of the rows in parameter `$n`, under the name `r`. */
  from(n: number): string;
  /** The parameter. A column that a row does not name is null. */
  of(rows: readonly T['$inferInsert'][]): string;
}

/**
 * How rows of `table` travel together, or these columns of them: the fewer, the less there is to read on the other side.
 * For statements that are made once, as the module is loaded.
 */
export function jsonRows<T extends PgTable>(
  table: T,
  keys?: readonly (string & keyof T['$inferInsert'])[],
): JsonRows<T> {
  const columns = Object.entries(getTableColumns(table)).filter(
    ([key]) => keys?.some((wanted) => wanted === key) ?? true,
  );
  const typed = columns.map(([, column]) => `"${column.name}" ${column.getSQLType()}`).join(', ');
  return {
    columns: columns.map(([, column]) => `"${column.name}"`).join(', '),
    from: (n) => `json_to_recordset($${n}::json) as r (${typed})`,
    of: (rows) =>
      JSON.stringify(
        rows.map((row: Readonly<Record<string, unknown>>) => {
          const sent: Record<string, unknown> = {};
          for (const [key, { name, dataType }] of columns) {
            // As text it would arrive as one JSON string.
            sent[name] = dataType === 'json' ? (row[key] ?? null) : plain(row[key], dataType);
          }
          return sent;
        }),
      ),
  };
}

/** Rows of a table as they are read and changed by a text. */
export interface TableRows<T extends PgTable> {
  /** The columns of the table under the name `alias`, for a SELECT or a RETURNING. */
  select(alias: string): string;
  /** The row that was selected under that name. */
  read(row: Readonly<Record<string, unknown>>, alias: string): T['$inferSelect'];
  /** The row as `to_json` writes it. */
  parse(json: Readonly<Record<string, unknown>>): T['$inferSelect'];
  /** What stands after SET, from parameter `$1` on. Of the same columns always the same text. */
  set(patch: Partial<T['$inferSelect']>): { text: string; values: Parameter[] };
}

/** How rows of `table` are read and changed. For statements that are made once, as the module is loaded. */
export function tableRows<T extends PgTable>(table: T): TableRows<T> {
  const columns = Object.entries(getTableColumns(table));
  const rowOf = (source: Readonly<Record<string, unknown>>, prefix: string): T['$inferSelect'] => {
    const row: Record<string, unknown> = {};
    for (const [key, column] of columns) {
      const value = source[prefix + column.name];
      row[key] = value === null ? null : column.mapFromDriverValue(value);
    }
    return row;
  };
  return {
    select: (alias) => columns.map(([, { name }]) => `${alias}."${name}" as "${alias}_${name}"`).join(', '),
    read: (row, alias) => rowOf(row, `${alias}_`),
    parse: (json) => rowOf(json, ''),
    set: (patch: Readonly<Record<string, unknown>>) => {
      const changed = columns.filter(([key]) => patch[key] !== undefined);
      return {
        text: changed.map(([, { name }], index) => `"${name}" = $${index + 1}`).join(', '),
        values: changed.map(([key, { dataType }]) => plain(patch[key], dataType)),
      };
    },
  };
}
