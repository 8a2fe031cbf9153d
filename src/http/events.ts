import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { callbackToWire } from '../api/callbacks.ts';
import { callToWire, turnToWire } from '../api/calls.ts';
import type { Clock, Timer } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import { BackgroundTasks } from '../service.ts';
import type { AppDeps } from './deps.ts';
import { sessionOf } from './guard.ts';
import type { SignedIn } from './signed-in.ts';

type StoredEvent = Parameters<Parameters<AppDeps['feed']['subscribe']>[1]>[0];

/** A comment line keeps proxies from closing an idle stream. */
const BEAT_MS = 15_000;
/** A reader that lags by more than this is let go; it comes back with Last-Event-ID. */
const MOST_BUFFERED_BYTES = 1_000_000;
const MOST_STREAMS = 500;

/** `GET /api/v1/events`: server-sent events of every replica, resumable for an hour. */
export async function eventRoutes(app: FastifyInstance, deps: AppDeps, signedIn: SignedIn): Promise<void> {
  const streams = new Set<ServerResponse>();
  const tasks = new BackgroundTasks((error) =>
    deps.log.warn({ fault: error instanceof Error ? error.name : 'unknown' }, 'an event could not be told'),
  );
  const rows = new RowCache((event) => load(event, deps));

  app.addHook('preClose', async () => {
    for (const stream of streams) stream.end();
    await tasks.settled();
  });

  app.get(
    '/events',
    { schema: { tags: ['events'], summary: 'Server-sent events: callback.changed, call.changed, call.turn, reset' } },
    async (request, reply) => {
      const asked = lastEventId(request.headers['last-event-id']);
      if (streams.size >= MOST_STREAMS) throw new RingbackError('not_ready', ['too many event streams']);
      reply.hijack();
      const stream = reply.raw;
      streams.add(stream);

      // Rows load one after another, so that events keep their order for this reader; none before it was greeted.
      const greeted = Promise.withResolvers<void>();
      let queue = greeted.promise;
      const hear = (event: StoredEvent): void => {
        if (stream.writableLength > MOST_BUFFERED_BYTES) return void stream.destroy();
        queue = queue.then(async () => {
          const data = await rows.get(event);
          if (data !== null && !stream.writableEnded && !stream.destroyed)
            stream.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${data}\n\n`);
        });
        tasks.add(
          queue.catch((error: unknown) => {
            stream.destroy();
            throw error;
          }),
        );
      };
      const subscription = await subscribe(deps, asked, hear, stream);
      greeted.resolve();
      const session = sessionOf(request);
      // Whoever is signed out meanwhile hears no more.
      const held = session === null ? null : signedIn.hold(session, () => stream.end());
      const beat = keepAlive(stream, deps.clock);
      stream.on('close', () => {
        beat.cancel();
        held?.[Symbol.dispose]();
        streams.delete(stream);
        subscription?.[Symbol.dispose]();
      });
      if (stream.destroyed) stream.emit('close');
      return reply;
    },
  );
}

/** Null for a reader that is new; an id that is none of ours is told `reset`, like one that is too old. */
function lastEventId(header: string | string[] | undefined): number | null {
  if (typeof header !== 'string' || header === '') return null;
  return /^\d{1,15}$/.test(header) ? Number(header) : Number.MAX_SAFE_INTEGER;
}

/** Greets once it hears: whoever sees the greeting, and changes something then, is told of it. */
async function subscribe(
  deps: AppDeps,
  asked: number | null,
  hear: (event: StoredEvent) => void,
  stream: ServerResponse,
): Promise<Disposable | null> {
  try {
    const resumed = await deps.feed.subscribe(asked, hear);
    if (resumed !== false) {
      greet(stream);
      return resumed;
    }
    const fresh = await deps.feed.subscribe(null, hear);
    greet(stream);
    stream.write('event: reset\ndata: {}\n\n');
    return fresh === false ? null : fresh;
  } catch (error) {
    deps.log.warn({ fault: error instanceof Error ? error.name : 'unknown' }, 'an event stream could not be resumed');
    stream.destroy();
    return null;
  }
}

function greet(stream: ServerResponse): void {
  stream.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  stream.write('retry: 1000\n\n');
}

function keepAlive(stream: ServerResponse, clock: Clock): Timer {
  let timer: Timer;
  const beat = (): void => {
    stream.write(': beat\n\n');
    timer = clock.setTimer(BEAT_MS, beat);
  };
  timer = clock.setTimer(BEAT_MS, beat);
  return { cancel: () => timer.cancel() };
}

/** The row as it is now, on the wire; null where it is gone. */
async function load(event: StoredEvent, deps: AppDeps): Promise<string | null> {
  if (event.type === 'callback.changed') {
    const found = await deps.callbacks.find(event.subjectId);
    return found === undefined ? null : JSON.stringify(callbackToWire(found.callback, found.current));
  }
  if (event.type === 'call.turn') {
    const turn = event.turnIndex === null ? undefined : await deps.calls.findTurn(event.subjectId, event.turnIndex);
    return turn === undefined ? null : JSON.stringify({ callId: event.subjectId, turn: turnToWire(turn) });
  }
  const found = await deps.calls.find(event.subjectId);
  return found === undefined ? null : JSON.stringify(callToWire(found.call));
}

/** One read of a row serves all readers of the same event. */
class RowCache {
  readonly #rows = new Map<number, Promise<string | null>>();
  readonly #load: (event: StoredEvent) => Promise<string | null>;

  constructor(load: (event: StoredEvent) => Promise<string | null>) {
    this.#load = load;
  }

  get(event: StoredEvent): Promise<string | null> {
    const known = this.#rows.get(event.id);
    if (known !== undefined) return known;
    const row = this.#load(event);
    this.#rows.set(event.id, row);
    // A failure is not kept: a reader that comes back for this event would meet it again and again.
    row.catch(() => this.#rows.delete(event.id));
    if (this.#rows.size > 256) this.#rows.delete(this.#rows.keys().next().value ?? -1);
    return row;
  }
}
