import { test } from 'vitest';

/**
 * Tests that share a world and mostly wait: all of them run beside each other, however few the runner would. `begin` is
 * called once, when the world stands.
 */
export function openStories(): {
  readonly story: (name: string, run: () => Promise<void>) => void;
  readonly begin: () => void;
} {
  const begin = Promise.withResolvers<void>();
  return {
    begin: begin.resolve,
    story(name, run) {
      const told = begin.promise.then(run);
      // A story that fails before its test is asked for it is that test's failure.
      told.catch(() => undefined);
      // oxlint-disable-next-line vitest/valid-title -- the promise of a story is its title
      test(name, () => told);
    },
  };
}
