import type { CallbackWire } from '../api/callbacks.ts';

const columns = [
  ['id', (row) => row.id],
  ['status', (row) => row.status],
  ['to', (row) => row.to],
  ['name', (row) => row.toName],
  ['reason', (row) => row.reason],
  ['due_at', (row) => row.dueAt],
  ['due_local', (row) => localTime(row.dueAt, row.timeZone)],
  ['time_zone', (row) => row.timeZone],
  ['next_attempt_at', (row) => row.nextAttemptAt],
  ['attempts_made', (row) => row.attemptsMade],
  ['max_attempts', (row) => row.maxAttempts],
  ['agent', (_row, agentName) => agentName],
  ['from', (row) => row.from],
  ['warning', (row) => row.warning],
  ['failure_code', (row) => row.failureCode],
  ['failure_reason', (row) => row.failureReason],
  ['cancelled_by', (row) => row.cancelledBy],
  ['created_at', (row) => row.createdAt],
] as const satisfies readonly (readonly [string, (row: CallbackWire, agentName: string) => string | number | null])[];

/** The first line: the mark that tells spreadsheets that this is UTF-8, and the names. Lines end with CRLF (RFC 4180). */
export const csvHead = `\uFEFF${columns.map(([name]) => name).join(',')}\r\n`;

/** A callback as a line. */
export function csvLine(row: CallbackWire, agentName: string): string {
  return `${columns.map(([, read]) => csvCell(read(row, agentName))).join(',')}\r\n`;
}

/**
 * One cell. What a spreadsheet would take for a formula gets an apostrophe in front, except for plain telephone numbers,
 * which are none (OWASP, CSV injection).
 */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const isFormula = /^(?:[\t\r\n]|\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/.test(value) && !PHONE.test(value);
  const text = isFormula ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const PHONE = /^\+\d{4,15}$/;

function localTime(at: string, zone: string): string {
  return Temporal.Instant.from(at).toZonedDateTimeISO(zone).toString({ smallestUnit: 'second', timeZoneName: 'never' });
}
