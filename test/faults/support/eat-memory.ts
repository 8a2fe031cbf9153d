/*
 * To be imported before the product (NODE_OPTIONS=--import): on SIGUSR2 the process keeps more and more until V8 ends it
 * for want of memory, as a leak would.
 */

process.on('SIGUSR2', () => {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => index + kept.length));
});
