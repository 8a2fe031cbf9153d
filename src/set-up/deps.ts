import type { Database } from '../../db/database.ts';
import type { CallbackDeps } from '../callbacks/deps.ts';
import { RingbackError } from '../errors.ts';

/** What changes of set-up stand on. */
export interface SetUpDeps {
  readonly database: Database;
  readonly callbacks: CallbackDeps;
}

export type Operator = 'api' | 'operator';

/** Members that may be given; what is missing stays as it is. */
export type Part<Settings> = { readonly [Name in keyof Settings]?: Settings[Name] | undefined };

/** `known` with what `change` gives. */
export function withPart<Settings extends object>(known: Settings, change: Part<Settings> | undefined): Settings {
  const given = Object.entries(change ?? {}).filter(([, value]) => value !== undefined);
  return { ...known, ...Object.fromEntries(given) };
}

/** The members in which two differ, as they were and as they are. */
export function difference(before: object, after: object): { before: object; after: object } {
  const was = new Map(Object.entries(before));
  const changed = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(was.get(name)),
  );
  return {
    before: Object.fromEntries(changed.map(([name]) => [name, was.get(name)])),
    after: Object.fromEntries(changed),
  };
}

/** `invalid_request` that names the member it is about, so that a form can show it where it belongs. */
export function fieldFault(path: string, message: string): RingbackError {
  return new RingbackError('invalid_request', [`${path}: ${message}`], { details: { fields: [{ path, message }] } });
}
