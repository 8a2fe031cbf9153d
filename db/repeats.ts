import { runText, type Transaction } from './orm.ts';

/* What was answered to a delivery that may come twice, by its key. */

/** How long an answer is known. */
const KNOWN_MS = 86_400_000;

/** What was answered, and a hash of what had been asked. */
export interface Remembered {
  readonly bodyHash: string;
  readonly result: unknown;
}

// In one order everywhere, so that two who take several keys never wait for each other.
const LOCK = `
  select pg_advisory_xact_lock(hashtextextended(key, 7))
  from (select key from jsonb_array_elements_text($1::jsonb) as r (key) order by key) as ordered`;
const READ = `
  select k.key, k.body_hash, k.result::text as result
  from jsonb_array_elements_text($1::jsonb) as r (key) join idempotency_key k using (key) where k.expires_at > now()`;

/** Takes the keys for this transaction (others wait for it), and says what was answered earlier, in their order. */
export async function recallAll(tx: Transaction, keys: readonly string[]): Promise<(Remembered | undefined)[]> {
  const list = [JSON.stringify(keys)];
  // Sent together: the second one begins when the first has got its locks, and so sees what their last holder wrote.
  const [, rows] = await Promise.all([
    runText(tx, LOCK, list),
    runText<{ key: string; body_hash: string; result: string }>(tx, READ, list),
  ]);
  const known = new Map(rows.map((row) => [row.key, row]));
  return keys.map((key) => {
    const row = known.get(key);
    return row === undefined ? undefined : { bodyHash: row.body_hash, result: JSON.parse(row.result) as unknown };
  });
}

const WRITE = `
  insert into idempotency_key (key, body_hash, result, expires_at)
  select key, body_hash, result, $2::timestamptz from jsonb_to_recordset($1::jsonb) as r (key text, body_hash text, result jsonb)
  on conflict (key) do update
    set body_hash = excluded.body_hash, result = excluded.result, expires_at = excluded.expires_at`;

/** Writes answers down; no key may be among them twice. */
export async function rememberAll(
  tx: Transaction,
  answers: readonly (Remembered & { readonly key: string })[],
  now: Temporal.Instant,
): Promise<void> {
  const rows = answers.map(({ key, bodyHash, result }) => ({ key, body_hash: bodyHash, result }));
  await runText(tx, WRITE, [JSON.stringify(rows), now.add({ milliseconds: KNOWN_MS }).toString()]);
}
