import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Options } from 'tsup';

const base: Options = {
  format: 'esm',
  target: 'node22',
  platform: 'node',
  clean: true,
  sourcemap: true,
};

/** The oldest Node that is supported, as in `engines` of every package. */
const minimum = { major: 22, minor: 15 };

/**
 * Refuses an older Node by one clear line, where a program loads a library. Other imports of a file fail there by themselves, so
 * that this has to be a module of its own and the first import of each; a bundler leaves it out (`sideEffects`).
 */
const nodeMinimum: NonNullable<Options['plugins']>[number] = {
  name: 'node-minimum',
  renderChunk(code, { path, map }) {
    // of an app, which says so itself
    if (!path.endsWith('.js') || basename(path) === 'node-version.js') return undefined;
    return { code: `import { minimum as nodeMinimum$ } from './node-minimum.js'; ${code}`, map };
  },
  buildEnd() {
    const { major, minor } = minimum;
    const text = `export const minimum = '${major}.${minor}';
// no Node in a browser
const version = globalThis.process?.versions?.node;
const [major, minor] = (version ?? minimum).split('.').map(Number);
if (major < ${major} || (major === ${major} && minor < ${minor}))
  throw new Error(\`Node \${minimum} or newer is needed by Sluice's libraries; this is \${version}. Install a newer one.\`);
`;
    writeFileSync(join(this.options.outDir, 'node-minimum.js'), text);
  },
};

/** Options of a publishable library: one ES module and its types per entry, without what is marked `@internal`. */
export function library(entry: string[] = ['src/index.ts']): Options {
  return {
    ...base,
    entry,
    plugins: [nodeMinimum],
    dts: { compilerOptions: { composite: false, customConditions: [], stripInternal: true } },
  };
}

/** Options of an app: one program with the libraries of this workspace in it; packages of others stay outside. */
export function app(entry: string[] = ['src/main.ts']): Options {
  return { ...base, entry, noExternal: [/^@sluice\//], skipNodeModulesBundle: true };
}
