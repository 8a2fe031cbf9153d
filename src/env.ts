import { z } from 'zod';

/*
 * How an environment variable is described, for the core and for each adapter's `env.ts`. A fragment is a record
 * of variables: a zod schema over the raw text, with the words for `.env.example` and for the fault line put on
 * last.
 */

/** What a fault line says a variable wants, and whether its value may be printed. */
export interface VariableMeta {
  readonly wants: string;
  readonly secret?: boolean;
  /** As `.env.example` shows it. */
  readonly example?: string;
}

/** Puts the words on a schema that .env.example and the fault lines need. */
export function variable<Schema extends z.ZodType>(schema: Schema, description: string, meta: VariableMeta): Schema {
  return schema.describe(description).meta({ ...meta, description });
}

/** A whole number within bounds, written in digits alone. */
export function wholeNumber(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.number().int().min(least).max(most));
}

/** An http(s) base URL; a slash at the end is dropped. */
export function baseUrl() {
  return z
    .string()
    .refine(isBaseUrl)
    .transform((text) => text.replace(/\/+$/, ''));
}

/** `true` or `false`. */
export function flag() {
  return z.enum(['true', 'false']).transform((text) => text === 'true');
}

/** Items separated by commas, at least one. */
export function list() {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .pipe(z.array(z.string()).min(1));
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
}
