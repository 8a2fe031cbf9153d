import { registerHooks } from 'node:module';

/*
 * To be imported first, by the thread that runs simulations: from then on db/uuid.ts is the seeded one. Everything else
 * that the rooms leave to chance comes in as an argument.
 */
registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    if (!resolved.url.endsWith('/db/uuid.ts')) return resolved;
    return { ...resolved, url: new URL('seeded-uuid.ts', import.meta.url).href };
  },
});
