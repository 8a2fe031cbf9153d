import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  deleteSession,
  insertSession,
  insertSignInCode,
  keepAdminToken,
  sessionLives,
  useSignInCode,
} from '../../db/auth-store.ts';
import type { Database } from '../../db/database.ts';
import { RingbackError } from '../errors.ts';

const CODE_LIVES_MS = 10 * 60_000;
const SESSION_LIVES_MS = 7 * 24 * 3_600_000;

/** Who may use the API and the console: whoever holds the admin token, or a session that it opened. */
export interface Auth {
  /** A single-use sign-in code that lives ten minutes. */
  newSignInCode(): Promise<string>;
  /** Opens a session for a token or a code. Throws `invalid_credentials`. */
  signIn(credentials: { token: string } | { code: string }): Promise<{ session: string; expiresAt: Temporal.Instant }>;
  signOut(session: string): Promise<void>;
  isAdminToken(token: string): Promise<boolean>;
  isSession(session: string): Promise<boolean>;
}

/** Codes, tokens and sessions carry 256 random bits, so that a plain SHA-256 is enough to store them by. */
export function openAuth(options: { database: Database; adminToken: string | null }): Auth {
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

  return {
    async newSignInCode() {
      const code = newSecret();
      await insertSignInCode(database, hashOf(code), CODE_LIVES_MS);
      return code;
    },
    async signIn(credentials) {
      const valid =
        'token' in credentials
          ? await this.isAdminToken(credentials.token)
          : await useSignInCode(database, hashOf(credentials.code));
      if (!valid) throw new RingbackError('invalid_credentials');
      const session = newSecret();
      return { session, expiresAt: await insertSession(database, hashOf(session), SESSION_LIVES_MS) };
    },
    signOut: (session) => deleteSession(database, hashOf(session)),
    isAdminToken: async (token) =>
      timingSafeEqual(Buffer.from(hashOf(token), 'hex'), Buffer.from(hashOf(await adminToken()), 'hex')),
    isSession: (session) => sessionLives(database, hashOf(session)),
  };
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
