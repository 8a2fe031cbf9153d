/** A page of rows in memory; the cursor is the number of rows that were given already. */
export function pageOfRows<Row>(
  rows: readonly Row[],
  limit: number,
  cursor: string | undefined,
): { items: Row[]; nextCursor: string | null } {
  const from = Number(cursor ?? 0);
  return {
    items: rows.slice(from, from + limit),
    nextCursor: from + limit < rows.length ? String(from + limit) : null,
  };
}
