import type { Tree } from '@nx/devkit';
import { commonManifest, createProject, own, type ProjectOptions } from './project.ts';

export interface LibraryOptions extends ProjectOptions {
  readonly layer: string;
}

/** `npx nx g @sluice/tools:library NAME --layer LAYER --description "…"`: a library that builds, is tested, and may be published. */
export default function library(tree: Tree, options: LibraryOptions): Promise<() => void> {
  const { name, layer, description } = options;
  return createProject(tree, `libs/${name}`, {
    manifest: {
      ...commonManifest(options, tree),
      sideEffects: false,
      files: ['dist', 'src', '!src/**/*.test.ts'],
      exports: {
        '.': { '@sluice/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
        './package.json': './package.json',
      },
      scripts: {
        build: 'tsup',
        'package-lint': 'publint --strict && attw --pack . --profile esm-only',
        lint: 'eslint .',
        test: 'vitest run',
      },
      devDependencies: own('tools'),
      nx: { name, tags: [`layer:${layer}`] },
    },
    files: {
      'tsup.config.ts': `import { defineConfig } from 'tsup';\nimport { library } from '@sluice/tools/tsup';\n\nexport default defineConfig(library());\n`,
      LICENSE: tree.read('LICENSE', 'utf8') ?? '',
      'README.md': `# @sluice/${name}\n\n${description}\n\n\`\`\`sh\nnpm install @sluice/${name}\n\`\`\`\n`,
      'src/index.ts': `/** The name of this library. */\nexport const libraryName = '${name}';\n`,
      'src/index.test.ts': `import { expect, test } from 'vitest';\nimport { libraryName } from './index.ts';\n\ntest('is found by its name', () => {\n  expect(libraryName).toBe('${name}');\n});\n`,
    },
  });
}
