import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';

/** The body of one file of kafkajs, which is CommonJS. */
export type FileBody = (exports: unknown, require: (path: string) => unknown, module: Exporting) => void;

export interface Exporting {
  exports: unknown;
}

let folder: string | undefined;

/**
 * The body of a file of kafkajs, by its path in the package; undefined where there is no such file.
 *
 * From sources the installed package is read. The build replaces this module by one that holds the files
 * (`tsup.config.ts`), so that the published library needs no kafkajs beside it and can be bundled.
 */
export function fileBody(path: string): FileBody | undefined {
  folder ??= dirname(createRequire(import.meta.url).resolve('kafkajs/package.json'));
  const file = join(folder, path);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const code = path.endsWith('.json') ? `module.exports = ${text}` : text;
  return compileFunction(code, ['exports', 'require', 'module'], { filename: file }) as FileBody;
}
