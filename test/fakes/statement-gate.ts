import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { PostgresFrames, stringsOf, type PostgresFrame } from './postgres-frames.ts';

/** A moment in the traffic of a replica with its database. */
export interface StatementPoint {
  /** The statement, by its SQL. */
  readonly statement: RegExp;
  /** Only if an earlier statement of the same transaction fits this. */
  readonly after?: RegExp;
  /** Before the server has heard of it, or when it has done it and the client has not heard of that. */
  readonly halt: 'before' | 'done';
}

/** Where a connection halts. Disposing lets it go on. */
export interface Halt extends Disposable {
  /** Resolves when a connection has come to the point, and is held there. */
  readonly reached: Promise<void>;
  /** Lets go on what is held, and holds nothing any more. */
  release(): void;
  /** Ends the connection that is held. */
  cut(): void;
}

/** A way to Postgres on which a test can halt a statement. Whoever opens it disposes it. */
export interface StatementGate extends AsyncDisposable {
  readonly port: number;
  /** The last statements that came through, the newest last: milliseconds, the connection's number, the SQL, shortened. */
  readonly recent: readonly string[];
  /** From now on, the first connection that comes there is halted. */
  halt(point: StatementPoint): Halt;
}

const MOST_RECENT = 60;
const MOST_SHOWN = 100;

/**
 * Reads the protocol between client and server, so that it knows each statement, prepared ones too, and holds one
 * connection at the exact point. A client that dies at a halt `before` leaves a statement that was never made; at `done`,
 * one that was, without knowing.
 */
export async function openStatementGate(target: { host: string; port: number }): Promise<StatementGate> {
  const links = new Set<Link>();
  const halts = new Set<ArmedHalt>();
  const recent: string[] = [];
  let connections = 0;
  const server = createServer((near) => {
    const number = (connections += 1);
    const note = (text: string): void => {
      recent.push(`${Math.round(performance.now())} ${number} ${text.replaceAll(/\s+/g, ' ').slice(0, MOST_SHOWN)}`);
      if (recent.length > MOST_RECENT) recent.shift();
    };
    const link = new Link(near, connect(target.port, target.host), { halts, note }, () => {
      if (links.delete(link)) note('(closed)');
    });
    links.add(link);
    note('(opened)');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    recent,
    halt(point) {
      const armed = new ArmedHalt(point, () => halts.delete(armed));
      halts.add(armed);
      return armed;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const link of links) link.end();
      await once(server, 'close');
    },
  };
}

class ArmedHalt implements Halt {
  readonly point: StatementPoint;
  readonly #reached = Promise.withResolvers<void>();
  readonly #disarm: () => void;
  #held: Link | null = null;

  constructor(point: StatementPoint, disarm: () => void) {
    this.point = point;
    this.#disarm = disarm;
  }

  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  hold(link: Link): void {
    this.#disarm();
    this.#held = link;
  }

  reach(): void {
    this.#reached.resolve();
  }

  release(): void {
    this.#disarm();
    this.#held?.release();
    this.#held = null;
  }

  cut(): void {
    this.#disarm();
    this.#held?.end();
    this.#held = null;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** One connection of a client, and ours to the server. */
class Link {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #halts: ReadonlySet<ArmedHalt>;
  readonly #tell: (text: string) => void;
  readonly #statements = new Map<string, string>();
  /** Of the open transaction, or of nothing. */
  readonly #made: string[] = [];
  /** Answers that are to come: one for each message that asks for the server's readiness. */
  #awaited = 0;
  /** What is kept back while halted. */
  readonly #kept: { to: Socket; bytes: Buffer }[] = [];
  #halt: ArmedHalt | null = null;

  constructor(
    near: Socket,
    far: Socket,
    { halts, note }: { halts: ReadonlySet<ArmedHalt>; note: (text: string) => void },
    onEnd: () => void,
  ) {
    this.#near = near;
    this.#far = far;
    this.#halts = halts;
    this.#tell = note;
    const said = new PostgresFrames('client');
    const answered = new PostgresFrames('server');
    near.on('data', (chunk: Buffer) => {
      for (const frame of said.push(chunk)) this.#hear(frame);
    });
    far.on('data', (chunk: Buffer) => {
      for (const frame of answered.push(chunk)) this.#answer(frame);
    });
    for (const socket of [near, far]) {
      // A reset is an end like another one; the other side sees it close.
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.end();
        onEnd();
      });
    }
  }

  end(): void {
    this.#near.destroy();
    this.#far.destroy();
  }

  release(): void {
    this.#halt = null;
    for (const { to, bytes } of this.#kept.splice(0)) to.write(bytes);
  }

  #hear(frame: PostgresFrame): void {
    const sql = this.#sqlOf(frame);
    if (sql !== undefined && this.#halt === null) this.#look(sql);
    if (sql !== undefined) this.#note(sql);
    // Startup, Query, Sync: each ends with the server's readiness.
    if (['', 'Q', 'S'].includes(frame.type)) this.#awaited += 1;
    if (this.#halt?.point.halt === 'before') this.#kept.push({ to: this.#far, bytes: frame.bytes });
    else this.#far.write(frame.bytes);
  }

  #answer(frame: PostgresFrame): void {
    if (frame.type === 'Z') this.#awaited -= 1;
    // Fields of an error: the severity, its code, its sentence.
    if (frame.type === 'E') this.#tell(`(error) ${stringsOf(frame.body, 4).join(' ')}`);
    if (this.#halt?.point.halt !== 'done') return void this.#near.write(frame.bytes);
    this.#kept.push({ to: this.#near, bytes: frame.bytes });
    if (frame.type === 'Z' && this.#awaited === 0) this.#halt.reach();
  }

  /** The statement that this message makes, if it makes one. */
  #sqlOf({ type, body }: PostgresFrame): string | undefined {
    if (type === 'Q') return stringsOf(body, 1)[0];
    if (type === 'P') {
      const [name = '', sql = ''] = stringsOf(body, 2);
      this.#statements.set(name, sql);
    }
    return type === 'B' ? this.#statements.get(stringsOf(body, 2)[1] ?? '') : undefined;
  }

  #look(sql: string): void {
    for (const armed of this.#halts) {
      const { statement, after, halt } = armed.point;
      if (!statement.test(sql) || (after !== undefined && !this.#made.some((one) => after.test(one)))) continue;
      armed.hold(this);
      this.#tell(`(halted ${halt})`);
      this.#halt = armed;
      if (halt === 'before') armed.reach();
      return;
    }
  }

  #note(sql: string): void {
    this.#tell(sql);
    if (/^\s*begin/i.test(sql)) this.#made.length = 0;
    this.#made.push(sql);
    if (/^\s*(commit|rollback)/i.test(sql)) this.#made.length = 0;
  }
}
