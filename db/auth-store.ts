import { and, desc, eq, gt, isNull, lt, ne, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { audit, session, setting, signInCode } from './schema.ts';
import { uuidv7 } from './uuid.ts';

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

/** A session as operators see it; its secret is known to its browser alone. */
export interface SessionRow {
  readonly id: string;
  readonly userAgent: string;
  readonly createdAt: Temporal.Instant;
  readonly seenAt: Temporal.Instant;
  readonly expiresAt: Temporal.Instant;
  readonly current: boolean;
}

/** Of more sessions than these the youngest are shown. */
const MOST_SESSIONS = 200;

/** Keeps a session by its hash; returns when it runs out. Sessions that have run out are forgotten here. */
export async function insertSession(
  database: Database,
  kept: { hash: string; userAgent: string; livesMs: number },
): Promise<Temporal.Instant> {
  await database.orm.delete(session).where(lt(session.expiresAt, sql`now()`));
  const [row] = await database.orm
    .insert(session)
    .values({ hash: kept.hash, userAgent: kept.userAgent, expiresAt: fromNow(kept.livesMs) })
    .returning();
  if (row === undefined) throw new Error('the session was not kept');
  return row.expiresAt;
}

/** Whether a session of this hash exists and has not run out, by the database's clock. Notes once a minute that it is used. */
export async function sessionLives(database: Database, hash: string): Promise<boolean> {
  const mine = and(eq(session.hash, hash), gt(session.expiresAt, sql`now()`));
  const [row] = await database.orm
    .select({ stale: sql<boolean>`${session.seenAt} < now() - interval '1 minute'` })
    .from(session)
    .where(mine);
  if (row?.stale === true)
    await database.orm
      .update(session)
      .set({ seenAt: sql`now()` })
      .where(mine);
  return row !== undefined;
}

export async function deleteSession(database: Database, hash: string): Promise<void> {
  await database.orm.delete(session).where(eq(session.hash, hash));
}

/** Sessions that have not run out, the youngest first; `currentHash` is that of who asks. */
export async function listSessions(database: Database, currentHash: string | null): Promise<SessionRow[]> {
  const rows = await database.orm
    .select()
    .from(session)
    .where(gt(session.expiresAt, sql`now()`))
    .orderBy(desc(session.createdAt))
    .limit(MOST_SESSIONS);
  return rows.map(({ hash, ...row }) => ({ ...row, current: hash === currentHash }));
}

/** Ends one session, or all but that of `exceptHash`; written down with who did it. Returns how many ended. */
export function revokeSessions(
  database: Database,
  which: { id: string } | { exceptHash: string },
  actor: string,
): Promise<number> {
  return database.transaction(async (orm) => {
    const gone = await orm
      .delete(session)
      .where('id' in which ? eq(session.id, which.id) : ne(session.hash, which.exceptHash))
      .returning({ id: session.id });
    for (const { id } of gone)
      await orm
        .insert(audit)
        .values({ id: uuidv7(), actor, action: 'session.revoked', subjectType: 'session', subjectId: id });
    return gone.length;
  });
}

function fromNow(milliseconds: number) {
  return sql`now() + ${milliseconds} * interval '1 millisecond'`;
}
