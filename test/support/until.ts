/**
 * A wait with a deadline that says what was waited for. `what` completes "waited 5000 ms for ..."; what `saw` tells, once
 * it is too late, is added to it: enough to find the cause of a failure that nobody sees twice.
 */
export async function until<T>(
  what: string,
  work: PromiseLike<T>,
  withinMs = 10_000,
  saw?: () => string | Promise<string>,
): Promise<T> {
  const timeout = AbortSignal.timeout(withinMs);
  const late = Promise.withResolvers<typeof LATE>();
  const onLate = (): void => late.resolve(LATE);
  timeout.addEventListener('abort', onLate, { once: true });
  let first: T | typeof LATE;
  try {
    first = await Promise.race([work, late.promise]);
  } finally {
    timeout.removeEventListener('abort', onLate);
  }
  if (first !== LATE) return first;
  throw new Error(`waited ${withinMs} ms for ${what}${saw === undefined ? '' : `\n${await told(saw)}`}`);
}

const LATE = Symbol('late');

async function told(saw: () => string | Promise<string>): Promise<string> {
  try {
    return await saw();
  } catch (error) {
    return `what there was to be seen could not be looked at: ${String(error)}`;
  }
}
