import { startEmbeddedPostgres } from '../../db/embedded-postgres.ts';

/*
 * A process of its own that owns an embedded Postgres: prints one line of JSON when it runs ({ url } or { error }) and
 * stops it when its standard input ends. Arguments: the data directory, then a system folder for root, if any.
 */

const [dataDir = '', systemFolder] = process.argv.slice(2);
try {
  await using server = await startEmbeddedPostgres({
    dataDir,
    log: (message) => console.error(message),
    settings: { fsync: 'off' },
    initFlags: ['--no-sync'],
    ...(systemFolder === undefined ? {} : { systemFolders: [systemFolder] }),
  });
  console.log(JSON.stringify({ url: server.url }));
  for await (const _ of process.stdin);
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  process.exitCode = 1;
}
