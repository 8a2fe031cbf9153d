import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  deleteSession,
  insertSession,
  insertSignInCode,
  keepAdminToken,
  listSessions,
  revokeSessions,
  sessionLives,
  useSignInCode,
  type SessionRow,
} from '../../db/auth-store.ts';
import type { Database } from '../../db/database.ts';
import { RingbackError } from '../errors.ts';

const CODE_LIVES_MS = 10 * 60_000;
const SESSION_LIVES_MS = 7 * 24 * 3_600_000;
const LONGEST_USER_AGENT = 300;
/** On which every replica is told that a session was ended. */
const SESSION_CHANNEL = 'ringback_sessions';

/** Who may use the API and the console: whoever holds the admin token, or a session that it opened. */
export interface Auth {
  /** A single-use sign-in code that lives ten minutes. */
  newSignInCode(): Promise<string>;
  /** Opens a session for a token or a code, under the browser's own name. Throws `invalid_credentials`. */
  signIn(
    credentials: { token: string } | { code: string },
    userAgent: string,
  ): Promise<{ session: string; expiresAt: Temporal.Instant }>;
  signOut(session: string): Promise<void>;
  isAdminToken(token: string): Promise<boolean>;
  isSession(session: string): Promise<boolean>;
  /** Every session that lives; `current` is the session of who asks, if it is one. */
  sessions(current: string | null): Promise<SessionRow[]>;
  /** Ends one session by its id, or every one but the given; nothing happens where it is gone. */
  revoke(which: { id: string } | { allBut: string }, actor: string): Promise<number>;
  /**
   * Calls `hear` when sessions were ended on any replica, and whenever that may have gone unheard. What runs out by
   * itself is not told. `hear` must not throw.
   */
  onSessionsEnded(hear: () => void): Disposable;
}

/** Codes, tokens and sessions carry 256 random bits, so that a plain SHA-256 is enough to store them by. */
export function openAuth(options: {
  database: Database;
  adminToken: string | null;
  /** Told when other replicas could not be told that a session was ended; they find out within a quarter of a minute. */
  onLostHint: (error: unknown) => void;
}): Auth {
  const { database } = options;
  let kept: Promise<string> | undefined;

  async function adminToken(): Promise<string> {
    if (options.adminToken !== null) return options.adminToken;
    kept ??= keepAdminToken(database, newSecret());
    try {
      return await kept;
    } catch (error) {
      kept = undefined;
      throw error;
    }
  }

  async function telling<T>(ended: Promise<T>): Promise<T> {
    const result = await ended;
    void database.notify(SESSION_CHANNEL, '').catch(options.onLostHint);
    return result;
  }

  return {
    async newSignInCode() {
      const code = newSecret();
      await insertSignInCode(database, hashOf(code), CODE_LIVES_MS);
      return code;
    },
    async signIn(credentials, userAgent) {
      const valid =
        'token' in credentials
          ? await this.isAdminToken(credentials.token)
          : await useSignInCode(database, hashOf(credentials.code));
      if (!valid) throw new RingbackError('invalid_credentials');
      const session = newSecret();
      const expiresAt = await insertSession(database, {
        hash: hashOf(session),
        userAgent: userAgent.replaceAll('\0', '').slice(0, LONGEST_USER_AGENT),
        livesMs: SESSION_LIVES_MS,
      });
      return { session, expiresAt };
    },
    signOut: (session) => telling(deleteSession(database, hashOf(session))),
    isAdminToken: async (token) =>
      timingSafeEqual(Buffer.from(hashOf(token), 'hex'), Buffer.from(hashOf(await adminToken()), 'hex')),
    isSession: (session) => sessionLives(database, hashOf(session)),
    sessions: (current) => listSessions(database, current === null ? null : hashOf(current)),
    revoke: (which, actor) =>
      telling(revokeSessions(database, 'id' in which ? which : { exceptHash: hashOf(which.allBut) }, actor)),
    onSessionsEnded: (hear) => database.listen(SESSION_CHANNEL, hear, hear),
  };
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
