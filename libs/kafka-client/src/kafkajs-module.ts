import { createRequire } from 'node:module';

/** kafkajs is CommonJS; its files are loaded, and replaced, by the same means as it loads them itself. */
export const loadModule = createRequire(import.meta.url);

/** Puts something else in the place of one file of kafkajs, for those that load it later. */
export function replaceModule(path: string, exports: unknown): void {
  const file = loadModule.resolve(path);
  loadModule(file);
  const module = loadModule.cache[file];
  if (!module) throw new Error(`${path} cannot be replaced: it is not in the module cache`);
  module.exports = exports;
}
