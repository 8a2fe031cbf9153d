import { expect } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openStatementGate, type StatementGate, type StatementPoint } from '../../fakes/statement-gate.ts';
import type { TwilioCall } from '../../fakes/twilio/call.ts';
import { createTestDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';
import { OURS, ReplicaWorld, talk, TOKEN, type Wire } from '../replica-world.ts';
import { asksFor, conversations, listens, outcomes, people, somebody } from './promises.ts';

export const WAIT_MS = 60_000;
/** The claim's statement that writes the intent to dial. */
export const claim = /insert into "?attempt\b/i;
export const commit = /^\s*commit/i;

/**
 * Two replicas of the product. `dying` reaches the database through a gate that halts it at an exact statement, and is
 * killed there; `staying` goes on with what is left. The carrier's webhooks go to whom the test names, as they would by
 * chance. Whoever opens it closes it.
 */
export class DyingWorld implements AsyncDisposable {
  readonly world: ReplicaWorld;
  readonly gate: StatementGate;
  readonly crowd = people(listens());
  /** What the agent says when it calls; null for the usual few words. */
  opensWith: string | null = null;
  readonly #gatedUrl: string;
  readonly #opened: AsyncDisposableStack;
  #dead = true;

  private constructor(world: ReplicaWorld, gate: StatementGate, gatedUrl: string, opened: AsyncDisposableStack) {
    this.world = world;
    this.gate = gate;
    this.#gatedUrl = gatedUrl;
    this.#opened = opened;
    world.twilio.callee = this.crowd.callee;
  }

  /** With `staying` alone; `revive` starts the other. */
  static async open(): Promise<DyingWorld> {
    await using opened = new AsyncDisposableStack();
    const { url } = opened.use(await createTestDatabase());
    const { hostname, port } = new URL(url);
    const gate = opened.use(await openStatementGate({ host: hostname, port: Number(port) }));
    const gated = new URL(url);
    gated.host = `127.0.0.1:${gate.port}`;
    let scene: DyingWorld | null = null;
    const world = opened.use(
      await ReplicaWorld.open(['staying'], {
        scaled: true,
        database: { url, sqlUrl: url },
        sentences: Array.from({ length: 9 }, () => 'please call me back in 2 hours'),
        reply: (request) => {
          const isNote = request.messages.at(-1)?.content?.startsWith('(A note to you') === true;
          return isNote && scene?.opensWith != null ? { text: scene.opensWith } : talk(request);
        },
        environment: { DRAIN_TIMEOUT_SECONDS: '1' },
        agent: {
          callbackPolicy: {
            retryDelaysMinutes: { noAnswer: [0.02], busy: [0.02], machine: [] },
            ringTimeoutSeconds: 5,
          },
        },
      }),
    );
    scene = new DyingWorld(world, gate, gated.href, opened.move());
    return scene;
  }

  /** `dying` lives, in an environment of its own if one is named. */
  async revive(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    if (!this.#dead) return;
    await this.world.start('dying', { DATABASE_URL: this.#gatedUrl, ...environment });
    this.#dead = false;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.died();
    // Whoever is cut off asks at once, and is to find the other one.
    this.everywhere();
    await this.world.replica('dying').stop(signal);
  }

  /** It ended by itself. */
  died(): void {
    this.#dead = true;
  }

  /** `dying` gets as far as this while `begin` is done, and dies there, once `first` is done. */
  async dieAt(
    point: StatementPoint,
    begin: () => Promise<unknown>,
    first: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<void> {
    using halt = this.gate.halt(point);
    const begun = begin();
    // Whoever asked may never get an answer.
    begun.catch(() => undefined);
    await until('the point of death', halt.reached, WAIT_MS, () => this.#seen());
    await first();
    await this.kill();
    // What it had said last is not to arrive after its death.
    halt.cut();
  }

  /** All that may say why something did not come. */
  async #seen(): Promise<string> {
    const { sql, twilio } = this.world;
    const turns = await sql<{ line: string }[]>`
      select concat_ws(' ', call_id, turn_index, role, tool_name, text, tool_result) as line
      from turn order by started_at desc limit 12`;
    const calls = twilio.calls
      .slice(-3)
      .map(({ sid, status, streams, leg, verbs }) => JSON.stringify({ sid, status, streams, listens: !!leg, verbs }));
    return [
      'the last statements over the gate:',
      ...this.gate.recent,
      'the last calls at the carrier:',
      ...calls,
      'the last turns:',
      ...turns.toReversed().map(({ line }) => line),
      await this.world.lastWordsOf('dying'),
    ].join('\n');
  }

  /** `staying` stands still until this is disposed of, so that `dying` does what comes next. */
  alone(): Disposable {
    const { pid } = this.world.replica('staying');
    process.kill(pid, 'SIGSTOP');
    return { [Symbol.dispose]: () => void process.kill(pid, 'SIGCONT') };
  }

  /** Webhooks and streams go to this replica alone, until `everywhere`. */
  onlyTo(name: string): void {
    const { host } = new URL(this.world.replica(name).url);
    const { host: balanced } = new URL(this.world.balancer.url);
    this.world.twilio.route = (url) => url.replace(balanced, host);
  }

  everywhere(): void {
    this.world.twilio.route = (url) => url;
  }

  /**
   * Somebody phones this replica, and has heard the greeting. One whose machine is busy with something else refuses calls,
   * as it should: they ring again.
   */
  async phones(name: string): Promise<TwilioCall> {
    this.onlyTo(name);
    const from = somebody();
    for (const late = AbortSignal.timeout(WAIT_MS); !late.aborted;) {
      const call = await this.world.twilio.phone(from, OURS, this.world.voice);
      const isGreeted = Promise.race([call.quiet().then(() => true), call.ended.then(() => false)]);
      if (await until(`the greeting of ${name}; it said ${JSON.stringify(call.verbs)}`, isGreeted, WAIT_MS))
        return call;
      await systemClock.sleep(500, new AbortController().signal);
    }
    throw new Error(`${name} took no call`);
  }

  /** Asks one replica, so that it needs nobody else. */
  async ask(name: string, path: string, body: object = {}): Promise<Wire> {
    const answer = await fetch(`${this.world.replica(name).url}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as Wire;
  }

  /** A promise that is booked at `dying`, for now; resolves with its id. */
  async promised(to: string): Promise<string> {
    const dueAt = Temporal.Now.instant().add({ milliseconds: 400 }).toString({ smallestUnit: 'millisecond' });
    return (await this.ask('dying', '/callbacks', { agentId: this.world.agentId, to, dueAt })).id;
  }

  endOf(id: string, status: string): Promise<Wire> {
    return this.world.watch(`${status} of ${id}`, `/callbacks/${id}`, (one) => one.status === status, WAIT_MS);
  }

  /** Resolves once the newest attempt of this callback has that stored. */
  stored(id: string, what: 'opening_at' | 'carrier_call_id'): Promise<void> {
    const { sql } = this.world;
    return this.found(what, () => sql`select from attempt where callback_id = ${id} and ${sql(what)} is not null`);
  }

  /** Resolves once this finds a row. */
  async found(what: string, look: () => PromiseLike<readonly unknown[]>): Promise<void> {
    for (const late = AbortSignal.timeout(WAIT_MS); ;) {
      if ((await look()).length > 0) return;
      if (late.aborted) throw new Error(`${what} was never stored`);
      await systemClock.sleep(20, new AbortController().signal);
    }
  }

  /** One conversation kept it, by these attempts, and nothing was asked for that is not among them. */
  async keptOnce(to: string, id: string, attempts: readonly string[]): Promise<void> {
    const done = await this.endOf(id, 'completed');
    // A slow machine may be too late for the request: then nothing was sent, and the callback is given back.
    expect(outcomes(done).filter((outcome) => outcome !== 'not_placed')).toEqual(attempts);
    expect(conversations(this.world.twilio, to)).toHaveLength(1);
    const known = done.attempts.map((attempt) => attempt.id);
    for (const attemptId of asksFor(this.world.twilio, to)) expect(known).toContain(attemptId);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}
