import { posix } from 'node:path';
import { type Exporting, fileBody } from './kafkajs-files.ts';

const packageName = 'kafkajs';

/**
 * Modules of kafkajs that are this library's own: a program that uses kafkajs itself keeps that as it is, whichever of the
 * two is loaded first.
 */
const loaded = new Map<string, Exporting>();

/** Loads kafkajs, or one of its files: `kafkajs/src/consumer/batch`. @throws Error when there is no such file */
export function loadModule(path: string): unknown {
  return load(posix.relative(packageName, path));
}

/** Puts something else in the place of one file of kafkajs, for those that load it later. */
export function replaceModule(path: string, exports: unknown): void {
  const file = posix.relative(packageName, path);
  if (!fileBody(file)) throw missing(file);
  loaded.set(file, { exports });
}

function load(path: string): unknown {
  // as CommonJS resolves it
  for (const file of [path, `${path}.js`, posix.join(path, 'index.js')]) {
    const known = loaded.get(file);
    if (known) return known.exports;
    const body = posix.extname(file) === '' ? undefined : fileBody(file);
    if (!body) continue;
    const module: Exporting = { exports: {} };
    // before it runs: files that need each other meet what there is so far
    loaded.set(file, module);
    body.call(module.exports, module.exports, (request) => required(request, posix.dirname(file)), module);
    return module.exports;
  }
  throw missing(path);
}

function required(request: string, from: string): unknown {
  return request.startsWith('.') ? load(posix.join(from, request)) : process.getBuiltinModule(request);
}

function missing(path: string): Error {
  return new Error(`kafkajs has no file ${path}; 2.2.4 is the version that is expected`);
}
