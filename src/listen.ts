import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { RingbackError } from './errors.ts';

const ANSWER_WITHIN_MS = 3_000;

/** Listens, and returns `http://HOST:PORT` as it came out. Throws `port_in_use`, `config_invalid`: one line each. */
export async function listen(app: FastifyInstance, at: { host: string; port: number }): Promise<string> {
  try {
    await app.listen(at);
  } catch (error) {
    throw named(error, at);
  }
  const { port } = app.server.address() as AddressInfo;
  const host = at.host === '0.0.0.0' || at.host === '::' ? '127.0.0.1' : at.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether something answers well at a URL of ours when it is asked from here, within three seconds. Never throws. */
export async function answersAt(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS), redirect: 'error' });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    // No name, no route, no valid certificate: for the question that is asked here they are one answer.
    return false;
  }
}

function named(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const options = { cause: error };
  if (code === 'EADDRINUSE') return new RingbackError('port_in_use', [port, host], options);
  if (code === 'EACCES')
    return new RingbackError(
      'config_invalid',
      [`PORT: got ${port}, wants one that this account may listen on (1024 or above)`],
      options,
    );
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new RingbackError(
      'config_invalid',
      [`HOST: got ${JSON.stringify(host)}, wants an address of this machine`],
      options,
    );
  return error;
}
