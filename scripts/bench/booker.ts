import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { bookCallback } from '../../src/callbacks/book.ts';
import { callbackDeps, openTestDatabase } from '../../test/integration/scheduler/parts.ts';
import { answer, settingsOf } from './child.ts';
import { benchAgent } from './database.ts';

/* Books as fast as it can for a time a day ahead: through the use-case, or (the floor) by one statement for the rows. */

const IN_FLIGHT = 10;
const { url, side } = settingsOf() as { url: string; side: 'floor' | 'ringback' };
const database = openTestDatabase(url);
await database.ready();
const deps = callbackDeps(database, '');
const sql = postgres(url, { max: IN_FLIGHT, onnotice: () => undefined });

await answer(
  {
    async book({ count }) {
      let left = Number(count);
      const startedAtMs = performance.now();
      const lane = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await (side === 'floor' ? insertRows() : bookOne());
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      return performance.now() - startedAtMs;
    },
  },
  async () => {
    await sql.end();
    await database[Symbol.asyncDispose]();
  },
);

async function bookOne(): Promise<void> {
  await bookCallback(deps, {
    agent: benchAgent,
    to: person(),
    toName: null,
    reason: 'the bench',
    when: (now) => ({ at: now.add({ hours: 24 }), zone: 'Europe/Berlin', zoneNamed: true }),
    originCallId: null,
    dialled: null,
    by: 'api',
    confirmed: true,
    override: false,
    key: null,
    body: null,
  });
}

/** The rows that a booking leaves, and nothing of what it asks before. */
async function insertRows(): Promise<void> {
  await sql`
    with talk as (
      insert into conversation (id, agent_id, person) values (gen_random_uuid(), ${benchAgent.id}, ${person()}) returning *
    ), promise as (
      insert into callback (id, status, agent_id, conversation_id, to_number, from_number, due_at, expires_at, time_zone,
        time_zone_named, reason, max_attempts, next_attempt_at)
      select gen_random_uuid(), 'scheduled', agent_id, id, person, '+4930123456', now() + interval '1 day',
        now() + interval '2 days', 'Europe/Berlin', true, 'the bench', 3, now() + interval '1 day' from talk returning *
    ), told as (insert into event (type, subject_id) select 'callback.changed', id from promise
    ), noted as (
      insert into audit (id, actor, action, subject_type, subject_id)
      select gen_random_uuid(), 'api', 'callback.booked', 'callback', id::text from promise
    )
    insert into timer (fire_at, id, kind) select next_attempt_at, id, 'dial' from promise`;
}

function person(): string {
  return `browser:${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}
