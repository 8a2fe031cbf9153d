/** Tells on stderr what a bench is about, so that nobody takes one that works for minutes for one that hangs. */
export function progress(what: string): void {
  const seconds = Math.round(performance.now() / 1_000);
  process.stderr.write(`${seconds} s: ${what}\n`);
}
