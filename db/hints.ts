/** Hints of one channel that wait at most; more are dropped, as any hint may be. */
const MOST_WAITING = 10_000;
/** What a NOTIFY carries is below 8,000 bytes. */
const MOST_LENGTH = 7_000;
const SEPARATOR = '\n';

interface Channel {
  readonly waiting: Set<string>;
  sending: Promise<void> | null;
}

/**
 * Sends hints with few statements: one at once, and those that come to its channel while it is on its way go together
 * into the next, the same one once. So a hint alone does not wait, and a thousand share the price of a few.
 */
export class Hints {
  readonly #notify: (channel: string, payload: string) => Promise<void>;
  readonly #channels = new Map<string, Channel>();

  /** `notify` sends one notification. */
  constructor(notify: (channel: string, payload: string) => Promise<void>) {
    this.#notify = notify;
  }

  /** Resolves when everything that waits on the channel has been sent; rejects where it could not be. */
  send(name: string, hint: string): Promise<void> {
    const channel = this.#channels.get(name) ?? { waiting: new Set(), sending: null };
    this.#channels.set(name, channel);
    if (channel.waiting.size < MOST_WAITING) channel.waiting.add(hint);
    channel.sending ??= this.#sendAll(name, channel);
    return channel.sending;
  }

  async #sendAll(name: string, channel: Channel): Promise<void> {
    const { waiting } = channel;
    try {
      while (waiting.size > 0) await this.#notify(name, takeSome(waiting));
    } finally {
      // Where the way is cut, what waits would be old news by the time it is there again.
      waiting.clear();
      // In the same breath as the last look at what waits: a hint in between would stay until the next one.
      channel.sending = null;
    }
  }
}

/** The hints of a notification, in their order. */
export function hintsOf(payload: string): string[] {
  return payload.split(SEPARATOR);
}

function takeSome(waiting: Set<string>): string {
  const taken: string[] = [];
  let length = 0;
  for (const hint of waiting) {
    if (taken.length > 0 && length + hint.length >= MOST_LENGTH) break;
    taken.push(hint);
    length += hint.length + SEPARATOR.length;
    waiting.delete(hint);
  }
  return taken.join(SEPARATOR);
}
