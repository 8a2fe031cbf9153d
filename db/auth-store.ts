import { and, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { session, setting, signInCode } from './schema.ts';

/** Where the admin token stands when the environment names none. */
const ADMIN_TOKEN_KEY = 'admin_token';

/** The generated admin token: `candidate` if none was kept yet, else the kept one. Safe with several starters. */
export async function keepAdminToken(database: Database, candidate: string): Promise<string> {
  await database.orm.insert(setting).values({ key: ADMIN_TOKEN_KEY, value: candidate }).onConflictDoNothing();
  const [row] = await database.orm.select().from(setting).where(eq(setting.key, ADMIN_TOKEN_KEY));
  if (typeof row?.value !== 'string') throw new TypeError('the kept admin token is not a text');
  return row.value;
}

/** Keeps a sign-in code by its hash, and forgets those that have run out. */
export async function insertSignInCode(database: Database, hash: string, livesMs: number): Promise<void> {
  await database.orm.delete(signInCode).where(lt(signInCode.expiresAt, sql`now()`));
  await database.orm.insert(signInCode).values({ hash, expiresAt: fromNow(livesMs) });
}

/** Uses a code up; true for exactly one of those who try. */
export async function useSignInCode(database: Database, hash: string): Promise<boolean> {
  const used = await database.orm
    .update(signInCode)
    .set({ usedAt: sql`now()` })
    .where(and(eq(signInCode.hash, hash), isNull(signInCode.usedAt), gt(signInCode.expiresAt, sql`now()`)))
    .returning({ hash: signInCode.hash });
  return used.length === 1;
}

/** Keeps a session by its hash; returns when it runs out. Sessions that have run out are forgotten here. */
export async function insertSession(database: Database, hash: string, livesMs: number): Promise<Temporal.Instant> {
  await database.orm.delete(session).where(lt(session.expiresAt, sql`now()`));
  const [row] = await database.orm
    .insert(session)
    .values({ hash, expiresAt: fromNow(livesMs) })
    .returning();
  if (row === undefined) throw new Error('the session was not kept');
  return row.expiresAt;
}

/** Whether a session of this hash exists and has not run out, by the database's clock. */
export async function sessionLives(database: Database, hash: string): Promise<boolean> {
  const rows = await database.orm
    .select({ hash: session.hash })
    .from(session)
    .where(and(eq(session.hash, hash), or(isNull(session.expiresAt), gt(session.expiresAt, sql`now()`))));
  return rows.length === 1;
}

export async function deleteSession(database: Database, hash: string): Promise<void> {
  await database.orm.delete(session).where(eq(session.hash, hash));
}

function fromNow(milliseconds: number) {
  return sql`now() + ${milliseconds} * interval '1 millisecond'`;
}
