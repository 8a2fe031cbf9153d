import { defineConfig, type OxlintOverride } from 'oxlint';
import { layerRules } from './scripts/layers.ts';

/** Where a clock is passed in, nobody reads one in place. */
const clocked = ['src/**/*.ts', 'src/**/*.tsx', 'media/**/*.ts', 'db/**/*.ts'];
const useClock = 'take a Clock (src/clock.ts): a test moves it';

export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'node', 'promise', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error', pedantic: 'error' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['node_modules', 'dist', '.data', 'db/migrations', 'src/domain/zone-data.ts'],
  rules: {
    'import/no-cycle': 'error',
    'import/no-default-export': 'off',
    'typescript/no-floating-promises': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-import-type-side-effects': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'oxc/no-barrel-file': ['error', { threshold: 0 }],
    'no-empty': ['error', { allowEmptyCatch: false }],
    'node/no-process-env': 'error',
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    // Parameters are not changed by habit; saying so in each type drowns what the type means.
    'typescript/prefer-readonly-parameter-types': 'off',
    // Arrow functions that end in a call, and promises that are handed on, read well.
    'typescript/no-confusing-void-expression': 'off',
    'typescript/strict-void-return': 'off',
    // An interface may want a promise of a function that has nothing to wait for.
    'require-await': 'off',
    'typescript/require-await': 'off',
    // Only what crosses an edge is parsed; a cast there says which shape was checked or is ours.
    'typescript/no-unsafe-type-assertion': 'off',
    // `return undefined` beside `return x` says that nothing is a result too.
    'unicorn/no-useless-undefined': 'off',
    'typescript/consistent-return': 'off',
    // A switch that is exhaustive needs no default; one with a default needs no more.
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    // The reason of an abort is whatever the aborter gave; it is passed on as it is.
    'typescript/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
    'prefer-promise-reject-errors': 'off',
    // Sizes: scripts/tidy.ts counts lines of files, for people count nothing else.
    'max-lines': 'off',
    'max-lines-per-function': 'off',
    'max-classes-per-file': 'off',
    'import/max-dependencies': 'off',
    // Tastes that this code does not share.
    'require-unicode-regexp': 'off',
    'no-inline-comments': 'off',
    'no-underscore-dangle': 'off',
    'no-shadow': 'off',
    'no-loop-func': 'off',
    'no-promise-executor-return': 'off',
    'no-negated-condition': 'off',
    'unicorn/no-negated-condition': 'off',
    'unicorn/no-array-callback-reference': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/prefer-add-event-listener': 'off',
    'unicorn/prefer-query-selector': 'off',
    'promise/always-return': 'off',
    'import/no-named-as-default-member': 'off',
    'unicorn/new-for-builtins': 'off',
    'unicorn/no-new-array': 'off',
    'unicorn/prefer-code-point': 'off',
    'unicorn/prefer-type-error': 'off',
    'unicorn/no-object-as-default-parameter': 'off',
    'typescript/no-misused-spread': ['error', { allow: ['string'] }],
    'import/no-unassigned-import': 'off',
    'vitest/no-conditional-in-test': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/no-standalone-expect': 'off',
    'vitest/expect-expect': 'off',
    // expect(value, 'what it means') is vitest's own second argument.
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
    // A postMessage between threads has no origin; only a window has.
    'unicorn/require-post-message-target-origin': 'off',
  },
  overrides: [
    {
      files: clocked,
      rules: {
        'no-restricted-globals': [
          'error',
          { name: 'Date', message: useClock },
          { name: 'performance', message: useClock },
          { name: 'setTimeout', message: useClock },
          { name: 'setInterval', message: useClock },
          { name: 'setImmediate', message: useClock },
        ],
        'no-restricted-properties': [
          'error',
          { object: 'Math', property: 'random', message: 'take random as an argument: a test seeds it' },
          { object: 'Temporal', property: 'Now', message: useClock },
          { object: 'process', property: 'env', message: 'src/config.ts reads the environment, once' },
        ],
        'no-console': 'error',
      },
    },
    { files: ['src/main.ts'], rules: { 'no-restricted-properties': 'off', 'no-console': 'off' } },
    // Plain JavaScript has no types to be careful with.
    {
      files: ['**/*.js'],
      rules: Object.fromEntries(
        ['argument', 'assignment', 'call', 'member-access', 'return'].map((what) => [
          `typescript/no-unsafe-${what}`,
          'off',
        ]),
      ),
    },
    // Entry points hand the environment to readConfig; the test's browser may be named in it.
    {
      files: ['scripts/*.ts', 'test/support/chromium.ts', 'test/**/*.ts'],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: ['src/console/**/*.{ts,tsx}'],
      plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'promise', 'react', 'jsx-a11y'],
      rules: {
        // A Date is how a browser reads an ISO time; which time it is now, src/console/time/clock.ts says.
        'no-restricted-globals': ['error', 'performance', 'setTimeout', 'setInterval'],
        'no-restricted-properties': [
          'error',
          { object: 'Date', property: 'now', message: 'take the console clock' },
          { object: 'Math', property: 'random', message: 'take random as an argument' },
        ],
        'react/react-in-jsx-scope': 'off',
        // <output> is for results of a form; a region that speaks up is a status.
        'jsx-a11y/prefer-tag-over-role': 'off',
        'react/no-unescaped-entities': 'off',
        // An effect may name what starts it anew without reading it.
        'react/exhaustive-effect-dependencies': 'off',
        // "?worker&url" is the builder's way to name a file; it has no default export of its own.
        'import/default': 'off',
      },
    },
    // The one place that has the real clock, on each side of the wire, and the one that hands out randomness.
    {
      files: ['src/clock.ts', 'src/console/time/clock.ts'],
      rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
    },
    ...layerRules().map(({ files, patterns }): OxlintOverride => ({
      files,
      rules: { 'no-restricted-imports': ['error', { patterns }] },
    })),
  ],
});
