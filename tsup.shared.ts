import type { Options } from 'tsup';

const base: Options = {
  format: 'esm',
  target: 'node22',
  platform: 'node',
  clean: true,
  sourcemap: true,
};

/** Options of a publishable library: one ES module and its types per entry. */
export function library(entry: string[] = ['src/index.ts']): Options {
  return { ...base, entry, dts: { compilerOptions: { composite: false, customConditions: [] } } };
}

/** Options of an app: one program with the libraries of this workspace in it; packages of others stay outside. */
export function app(entry: string[] = ['src/main.ts']): Options {
  return { ...base, entry, noExternal: [/^@sluice\//], skipNodeModulesBundle: true };
}
