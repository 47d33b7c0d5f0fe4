import type { Tree } from '@nx/devkit';
import { commonManifest, createProject, own, type ProjectOptions } from './project.ts';

/** `npx nx g @sluice/tools:app NAME --description "…"`: a program with settings, exit codes and --help as every app has them. */
export default function app(tree: Tree, options: ProjectOptions): Promise<() => void> {
  const { name, description } = options;
  const { devDependencies, dependencies } = JSON.parse(
    tree.read('apps/producer/package.json', 'utf8') ?? '{}',
  ) as { devDependencies: Record<string, string>; dependencies: Record<string, string> };
  const { commander = '', zod = '' } = { ...devDependencies, ...dependencies };
  return createProject(tree, `apps/${name}`, {
    manifest: {
      ...commonManifest(options, tree),
      private: true,
      scripts: {
        build: 'tsup',
        lint: 'eslint .',
        test: 'vitest run',
        serve: 'node --conditions=@sluice/source src/main.ts',
      },
      dependencies: { ...own('app-runtime', 'telemetry'), commander, zod },
      devDependencies: own('tools'),
      nx: { name, tags: ['layer:app'] },
    },
    files: {
      'tsup.config.ts': `import { defineConfig } from 'tsup';\nimport { app } from '@sluice/tools/tsup';\n\nexport default defineConfig(app());\n`,
      'README.md': `# ${name}\n\n${description}\n\n\`\`\`sh\nnpx nx run ${name}:serve\n\`\`\`\n`,
      'src/main.ts': main,
      'src/cli.ts': cli(name, description),
      'src/cli.test.ts': `import { expect, test } from 'vitest';\nimport { run } from './cli.ts';\n\ntest('an unknown option ends with the exit code for wrong usage', async () => {\n  expect(await run(['node', '${name}', '--none-such'], {})).toBe(78);\n});\n`,
    },
  });
}

const main = `#!/usr/bin/env node
import { requireNode } from '@sluice/app-runtime/node-version';

requireNode((code) => process.exit(code));
const { run } = await import('./cli.ts');
process.exitCode = await run(process.argv, process.env);
`;

const cli = (
  name: string,
  description: string,
) => `import { readConfig, runProgram } from '@sluice/app-runtime';
import { createLogger } from '@sluice/telemetry';
import { Command } from 'commander';
import { z } from 'zod';

const settings = { GREETING: z.string().default('hello') };

/** The program: resolves to its exit code. */
export function run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const program = new Command('${name}').description(${JSON.stringify(description)}).action(() => {
    const { GREETING: greeting } = readConfig(settings, env);
    createLogger({ name: '${name}' }).info({}, greeting);
  });
  return runProgram(program, argv, env);
}
`;
