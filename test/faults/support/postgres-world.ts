import { until } from '../../support/until.ts';
import { openTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { ReplicaWorld, type ReplicaWorldOptions } from '../replica-world.ts';
import { Cluster } from './cluster.ts';

export interface PostgresWorldOptions extends ReplicaWorldOptions {
  readonly replicas: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
}

/** Replicas over a Postgres that a test may take away from them, and over the link to it. Whoever opens it closes it. */
export interface PostgresWorld extends AsyncDisposable {
  readonly world: ReplicaWorld;
  readonly cluster: Cluster;
  /** The replicas' way to the database; the test has its own. */
  readonly link: TcpProxy;
  /** The replicas' URL of the database, through the link. */
  readonly linkUrl: string;
}

/** Opens it with the replicas ready. */
export async function openPostgresWorld(options: PostgresWorldOptions): Promise<PostgresWorld> {
  await using opened = new AsyncDisposableStack();
  const cluster = opened.use(await Cluster.open(options.settings));
  const link = opened.use(await openTcpProxy({ host: '127.0.0.1', port: cluster.port }));
  const linkUrl = cluster.url.replace(`:${cluster.port}/`, `:${link.port}/`);
  const world = opened.use(
    await ReplicaWorld.open(options.replicas, {
      scaled: true,
      ...options,
      environment: { DRAIN_TIMEOUT_SECONDS: '1', ...options.environment },
      database: { url: linkUrl, sqlUrl: cluster.url },
    }),
  );
  const owned = opened.move();
  return { world, cluster, link, linkUrl, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Resolves when calls are given to all of these replicas, or to none of them. */
export async function allSeen(world: ReplicaWorld, ready: boolean): Promise<void> {
  for (const name of world.replicas.keys())
    await until(`${name} to be ${ready ? 'ready' : 'away'}`, world.balancer.sees(name, ready), 60_000);
}

/** What a replica says of itself: alive, and whether it takes traffic. */
export async function health(world: ReplicaWorld, name: string): Promise<{ alive: number; ready: number }> {
  const { url } = world.replica(name);
  const [alive, ready] = await Promise.all([fetch(`${url}/healthz`), fetch(`${url}/readyz`)]);
  return { alive: alive.status, ready: ready.status };
}
