import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Which layer may use which, see README.md of the workspace. Layers are the `layer:` tags of the projects. */
const mayUse = {
  tools: ['tools'],
  ground: ['ground', 'tools'],
  base: ['base', 'ground', 'tools'],
  contract: ['base', 'ground', 'tools'],
  source: ['base', 'ground', 'tools'],
  client: ['base', 'ground', 'tools'],
  engine: ['base', 'client', 'ground', 'tools'],
  runtime: ['base', 'client', 'ground', 'tools'],
  app: ['base', 'contract', 'source', 'client', 'engine', 'runtime', 'ground', 'tools'],
};

/** A client library is imported in few places, so that it can be replaced; local-stack looks with the plain ones whether servers work. */
const ownedBy = {
  kafkajs: ['libs/kafka-client', 'libs/local-stack'],
  'cassandra-driver': ['libs/cassandra-repository', 'libs/local-stack'],
};
const owners = [...new Set(Object.values(ownedBy).flat())];

function bannedOutside(owner) {
  return Object.entries(ownedBy)
    .filter(([, others]) => !others.includes(owner))
    .map(([name, [first]]) => ({ name, message: `only ${first} may import ${name}` }));
}

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/out-tsc',
      '**/.nx',
      '**/.stack',
      '**/.venv',
      '**/test-results',
      '**/*.generated.ts',
    ],
  },
  ...tseslint.configs.stylistic,
  {
    plugins: { '@nx': nx },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  ...tseslint.configs.strict,
  {
    // To be everywhere: folder by folder.
    extends: tseslint.configs.strictTypeChecked,
    files: ['libs/{local-stack,test-kit}/**/*.ts', 'tools/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A number in a text reads as it is meant; what prints as undefined or [object Object] does not.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // An import of types alone that is written otherwise stays as an import for side effects, which bundlers warn of.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@nx/enforce-module-boundaries': [
        'error',
        {
          banTransitiveDependencies: false,
          depConstraints: Object.entries(mayUse).map(([layer, layers]) => ({
            sourceTag: `layer:${layer}`,
            onlyDependOnLibsWithTags: layers.map((name) => `layer:${name}`),
          })),
        },
      ],
    },
  },
  {
    // An example imports its own library as a user does.
    files: ['libs/*/examples/**'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    files: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // vitest's matchers, as in { message: expect.stringMatching(…) }, are any by their types.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    ...reactHooks.configs.flat['recommended-latest'],
    files: ['apps/console/page/**/*.{ts,tsx}'],
    rules: {
      ...reactHooks.configs.flat['recommended-latest'].rules,
      // It is about what React's compiler leaves out, which is not used here.
      'react-hooks/incompatible-library': 'off',
    },
  },
  {
    // Text of records and of users is shown as text, whatever it holds.
    files: ['apps/console/page/**/*.tsx'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]',
          message: 'text from data is shown as text',
        },
      ],
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    rules: { 'no-restricted-imports': ['error', ...bannedOutside(null)] },
  },
  ...owners.map((owner) => {
    const banned = bannedOutside(owner);
    return {
      files: [`${owner}/**/*.ts`],
      rules: { 'no-restricted-imports': banned.length > 0 ? ['error', ...banned] : 'off' },
    };
  }),
  {
    files: ['libs/*/src/**/*.ts'],
    ignores: ['libs/test-kit/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'libraries take options; apps read the environment' },
        { object: 'process', property: 'exit', message: 'libraries throw; apps exit' },
      ],
      'no-console': 'error',
    },
  },
  {
    files: ['libs/*/src/**/*.ts'],
    ignores: ['libs/test-kit/**', '**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: ['@sluice/local-stack', '@sluice/test-kit', '@sluice/tools'].map((name) => ({
            name,
            message: 'for tests alone',
          })),
        },
      ],
    },
  },
  {
    files: ['libs/*/src/**/*.ts'],
    ignores: ['libs/{app-runtime,local-stack,test-kit}/**', '**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...['Literal[value', 'TemplateElement[value.raw'].map((text) => ({
          selector: `${text}=/\\b(KAFKA|CASSANDRA|SCHEMA_REGISTRY)_[A-Z]|npx nx/]`,
          message:
            'errors of libraries name options; apps add their settings (setting-hints.ts) and commands',
        })),
      ],
    },
  },
  prettier,
);
