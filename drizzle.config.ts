import { defineConfig } from 'drizzle-kit';

/** `drizzle-kit generate` writes a migration for what db/schema.ts has that the last one had not. It is never run by the product. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './db/schema.ts',
  out: './db/migrations',
});
