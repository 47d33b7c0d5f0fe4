import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Which layer may use which, see README.md of the workspace. Layers are the `layer:` tags of the projects. */
const mayUse = {
  base: ['base'],
  contract: ['base'],
  source: ['base'],
  client: ['base'],
  engine: ['base', 'client'],
  runtime: ['base', 'client'],
  stack: ['base', 'client'],
  app: ['base', 'contract', 'source', 'client', 'engine', 'runtime', 'stack'],
};

/** A client library is imported in one place only, so that it can be replaced. */
const ownedBy = { kafkajs: 'libs/kafka-client', 'cassandra-driver': 'libs/cassandra-repository' };

function bannedOutside(owner) {
  return Object.entries(ownedBy)
    .filter(([, other]) => other !== owner)
    .map(([name, other]) => ({ name, message: `only ${other} may import ${name}` }));
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
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  {
    plugins: { '@nx': nx },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
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
          allow: ['^.*/tsup[.]shared[.]ts$', '^.*/vitest[.]shared[.]ts$'],
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
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
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
  ...Object.values(ownedBy).map((owner) => ({
    files: [`${owner}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', ...bannedOutside(owner)] },
  })),
  {
    files: ['libs/*/src/**/*.ts'],
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
    ignores: ['libs/{app-runtime,local-stack}/**', '**/*.test.ts'],
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
