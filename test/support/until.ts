/**
 * A wait with a deadline that says what was waited for. `what` completes "waited 5000 ms for ...".
 */
export async function until<T>(what: string, work: PromiseLike<T>, withinMs = 10_000): Promise<T> {
  const timeout = AbortSignal.timeout(withinMs);
  const late = Promise.withResolvers<never>();
  const onLate = (): void => late.reject(new Error(`waited ${withinMs} ms for ${what}`));
  timeout.addEventListener('abort', onLate, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    timeout.removeEventListener('abort', onLate);
  }
}
