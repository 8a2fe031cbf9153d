import type { Helper, ParameterOrFragment, PendingQuery, Row, RowList, Sql } from 'postgres';
import type { Pool } from './pool.ts';

/**
 * The postgres.js template tag, under the pool's gate and deadlines: `await sql\`select ...\``, fragments inside
 * fragments, and `sql('column')` for identifiers.
 *
 * Times, dates and JSON come and go as Postgres text (drizzle's choice for the shared connections): write
 * `${JSON.stringify(value)}::jsonb`, read `Temporal.Instant.from(...)` of `to_char` or epoch values.
 */
export interface SqlTag {
  <T extends readonly (object | undefined)[] = Row[]>(
    template: TemplateStringsArray,
    ...parameters: readonly ParameterOrFragment<never>[]
  ): Promise<RowList<T>> & PendingQuery<T>;
  (identifier: string | readonly string[]): Helper<string>;
}

/** The tagged template over the pool: the driver's own syntax, with our deadlines. */
export function openSqlTag(pool: Pool, anySql: Sql): SqlTag {
  const tag = (
    first: TemplateStringsArray | string | readonly string[],
    ...rest: ParameterOrFragment<never>[]
  ): unknown => {
    if (!isTemplate(first)) return anySql(first as never, ...(rest as never[]));
    const statement = anySql(first, ...rest);
    let started: Promise<unknown> | undefined;
    const once = (): Promise<unknown> => (started ??= pool.run<unknown>((sql) => sql(first, ...rest)));
    // Stays a statement of the driver, so that it can stand inside another one; waiting for it goes through the pool.
    const waiting: Pick<Promise<unknown>, 'then' | 'catch' | 'finally'> = {
      // oxlint-disable-next-line unicorn/no-thenable -- see above
      then: (onDone, onFail) => once().then(onDone, onFail),
      catch: (onFail) => once().catch(onFail),
      finally: (onSettled) => once().finally(onSettled),
    };
    return Object.assign(statement, waiting);
  };
  return tag as SqlTag;
}

function isTemplate(first: TemplateStringsArray | string | readonly string[]): first is TemplateStringsArray {
  return typeof first === 'object' && 'raw' in first;
}
