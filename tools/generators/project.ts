import { formatFiles, type Tree } from '@nx/devkit';

export interface ProjectOptions {
  readonly name: string;
  readonly description: string;
}

type PackageJson = Readonly<Record<string, unknown>>;

/**
 * What every project of the workspace has: its package, types, build, tests and README. Refuses a folder that is there already.
 * `npm install` and `nx sync` link it afterwards.
 */
export async function createProject(
  tree: Tree,
  folder: string,
  { files, manifest }: { readonly files: Readonly<Record<string, string>>; readonly manifest: PackageJson },
): Promise<() => void> {
  if (tree.exists(folder)) throw new Error(`${folder} is there already: choose another name`);
  const all = {
    'package.json': json(manifest),
    'tsconfig.json': json({
      extends: '../../tsconfig.base.json',
      compilerOptions: {
        outDir: 'out-tsc',
        rootDir: '.',
        tsBuildInfoFile: 'out-tsc/tsconfig.tsbuildinfo',
      },
      include: ['src', 'test', '*.ts'],
      references: [{ path: '../../tools' }],
    }),
    'vitest.config.ts': `import { projectTests } from '@sluice/tools/vitest';\n\nexport default projectTests();\n`,
    ...files,
  };
  for (const [name, content] of Object.entries(all)) tree.write(`${folder}/${name}`, content);
  await formatFiles(tree);
  return () => {
    console.log(`\n${folder} is made. Next: npm install && npx nx sync, then npm run check.`);
  };
}

/** Fields of every package.json. `version` is that of the libraries, which are released together. */
export function commonManifest({ name, description }: ProjectOptions, tree: Tree): PackageJson {
  const { version, engines } = JSON.parse(tree.read('libs/telemetry/package.json', 'utf8') ?? '{}') as {
    version: string;
    engines: object;
  };
  return { name: `@sluice/${name}`, version, description, license: 'Apache-2.0', type: 'module', engines };
}

/** For `dependencies` and `devDependencies`: packages of the workspace, in the range that its libraries use. */
export function own(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`@sluice/${name}`, '^0.1.0']));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
