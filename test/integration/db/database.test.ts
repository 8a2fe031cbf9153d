import { sql as text } from "drizzle-orm";
import { expect, test } from "vitest";
import { openDatabase } from "../../../db/database.ts";
import { systemClock } from "../../../src/clock.ts";
import { createTestDatabase } from "../../support/database.ts";
import { quietLog } from "../../support/quiet-log.ts";

test("the tag takes fragments and identifiers, and drizzle takes rows and values", async () => {
  await using own = await createTestDatabase({ empty: true });
  await using database = openDatabase({
    url: own.url,
    clock: systemClock,
    log: quietLog(),
    migrationsFolder: null,
  });
  await database.ready();
  const { sql } = database;
  await sql`create table person (id int primary key, name text)`;
  await sql`insert into ${sql("person")} (id, name) values (${1}, ${"Ada"}), (${2}, ${"Ben"})`;
  const filter = sql`where ${sql("id")} = any(${[2, 3]})`;
  expect([...(await sql<{ name: string }[]>`select name from person ${filter}`)]).toEqual([
    { name: "Ben" },
  ]);
  const rows = await database.orm.execute(text`select count(*)::int as people from person`);
  expect(rows[0]).toEqual({ people: 2 });
});
