/** One message of Postgres' protocol 3, as it came. */
export interface PostgresFrame {
  /** Its kind; empty for the first message of a client, which has none. */
  readonly type: string;
  /** Without kind and length. */
  readonly body: Buffer;
  /** All of it. */
  readonly bytes: Buffer;
}

/**
 * Cuts what one side says into messages (https://www.postgresql.org/docs/current/protocol-message-formats.html). A client
 * that asks for encryption is not understood.
 */
export class PostgresFrames {
  #rest = Buffer.alloc(0);
  /** The first message of a client has no kind. */
  #typed: boolean;

  constructor(side: 'client' | 'server') {
    this.#typed = side === 'server';
  }

  *push(chunk: Buffer): Generator<PostgresFrame> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const headed = this.#typed ? 1 : 0;
      if (this.#rest.length < headed + 4) return;
      const length = headed + this.#rest.readUInt32BE(headed);
      if (this.#rest.length < length) return;
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      const type = this.#typed ? String.fromCharCode(bytes[0] ?? 0) : '';
      this.#typed = true;
      yield { type, body: bytes.subarray(headed + 4), bytes };
    }
  }
}

/** The strings at the beginning of a message's body. */
export function stringsOf(body: Buffer, count: number): string[] {
  const found: string[] = [];
  for (let at = 0; found.length < count;) {
    const end = body.indexOf(0, at);
    if (end < 0) break;
    found.push(body.toString('utf8', at, end));
    at = end + 1;
  }
  return found;
}
