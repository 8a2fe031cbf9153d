let survives = false;

/**
 * postgres.js 3.4.9 writes small statements in a turn of the loop of their own. Where the connection of a transaction
 * closes just then, it writes to a socket that is gone: a TypeError that nobody can catch, which would end the process and
 * every call in it because a database was restarted (github.com/porsager/postgres/issues/1154 and 1208). What was to be
 * written fails by itself or by its deadline, and the client is retired as for any lost connection; so this one error is let
 * pass. Any other ends the process as ever. For the whole process, once.
 */
export function surviveLateWrites(): void {
  if (survives) return;
  survives = true;
  process.on('uncaughtException', (error) => {
    if (isLateWrite(error)) return;
    // Somebody else listens too, a test runner say: then it is theirs.
    if (process.listenerCount('uncaughtException') === 1) throw error;
  });
}

/** Whether it is exactly this error of the driver, by its message and the only place that it can come from. */
export function isLateWrite(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    error.message.endsWith("(reading 'write')") &&
    /^\s+at Immediate\.nextWrite \(.*[\\/]postgres[\\/].*connection\.js:/m.test(error.stack ?? '')
  );
}
