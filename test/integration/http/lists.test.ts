import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSurface, type Surface } from './surface.ts';

let surface: Surface;
beforeEach(async () => {
  surface = await openSurface();
});
afterEach(() => surface[Symbol.asyncDispose]());

test.each(['/calls', '/callbacks'])(
  '%s searched for what can not be stored is refused, not an error of ours',
  async (list) => {
    for (const nonsense of ['%00', 'heat%00ing']) {
      const { status, body } = await surface.ask('GET', `${list}?q=${nonsense}`);
      expect(status).toBe(400);
      expect(body.fields).toMatchObject([{ path: 'q' }]);
    }
    expect((await surface.ask('GET', '/callbacks?to=%00')).status).toBe(400);
    for (const words of ['%25', "';--", '%F0%9F%90%88', '_', '%5C'])
      expect((await surface.ask('GET', `${list}?q=${words}`)).status, words).toBe(200);
  },
);
