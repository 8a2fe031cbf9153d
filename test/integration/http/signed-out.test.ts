import { afterEach, beforeEach, expect, test } from 'vitest';
import { SignedIn } from '../../../src/http/signed-in.ts';
import { openAuth } from '../../../src/auth/auth.ts';
import { systemClock } from '../../../src/clock.ts';
import { until } from '../../support/until.ts';
import { openSurface, TOKEN, type Surface } from './surface.ts';

let surface: Surface;
let url: string;
beforeEach(async () => {
  surface = await openSurface();
  url = await surface.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => surface[Symbol.asyncDispose]());

async function signIn(userAgent: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    body: JSON.stringify({ token: TOKEN }),
  });
  expect(answer.status).toBe(200);
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

/** What the session of this name is called in the list. */
async function idOf(userAgent: string): Promise<string> {
  const { body } = await surface.ask('GET', '/sessions');
  const sessions = body['items'] as readonly unknown[] as readonly { id: string; userAgent: string }[];
  return sessions.find((session) => session.userAgent === userAgent)?.id ?? '';
}

test('a browser that is signed out hears nothing more, at once, and the others go on', async () => {
  const [lost, kept] = [await signIn('Lost/1'), await signIn('Kept/1')];
  const stop = new AbortController();
  const follow = (cookie: string) => fetch(`${url}/api/v1/events`, { headers: { cookie }, signal: stop.signal });
  const [lostStream, keptStream] = [await follow(lost), await follow(kept)];
  const keptReader = keptStream.body?.getReader();
  await keptReader?.read();
  expect((await surface.ask('DELETE', `/sessions/${await idOf('Lost/1')}`)).status).toBe(204);
  await until('the end of the stream', lostStream.text());
  let ended = false;
  void keptReader?.closed.then(() => (ended = true)).catch(() => (ended = true));
  expect((await follow(lost)).status).toBe(401);
  expect(ended).toBe(false);
  stop.abort();
});

test('a session that another replica ended is over on this one too', async () => {
  await signIn('Lost/1');
  const { database } = surface.world;
  const auth = (): ReturnType<typeof openAuth> =>
    openAuth({ database, adminToken: TOKEN, onLostHint: () => undefined });
  const { session } = await auth().signIn({ token: TOKEN }, 'Elsewhere/1');
  await using signedIn = new SignedIn({ auth: auth(), clock: systemClock, onFault: () => undefined });
  const over = Promise.withResolvers<void>();
  let ends = 0;
  signedIn.hold(session, () => {
    ends += 1;
    over.resolve();
  });
  await auth().revoke({ id: await idOf('Elsewhere/1') }, 'api');
  await until('the end of what was held', over.promise);
  await auth().revoke({ id: await idOf('Lost/1') }, 'api');
  expect(ends).toBe(1);
});
