import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalStackError } from './errors.ts';
import { withFixedLocale } from './fixed-locale.ts';
import { withLock } from './lock.ts';

export interface JarOptions {
  readonly cacheDir: string;
  /** The program to run; tests give another one. Default: `mvn`. */
  readonly maven?: string;
  /** The pom names archives: they are unpacked, and their jars are those at their top. Default false. */
  readonly unpack?: boolean;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

// Pinned like the jars: another version may resolve another set.
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/**
 * The jars of a service, in the order of their names, so that the class path is the same on each start.
 * They are kept in a folder named after the pom's content. What is in it is complete: Maven fills a folder of
 * another name, which is renamed at the end.
 */
export async function resolveJars(name: string, pom: URL, options: JarOptions): Promise<readonly string[]> {
  const hash = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  const folder = join(options.cacheDir, 'jars', `${name}-${hash}`);
  const cached = await jarsIn(folder);
  if (cached.length > 0) return cached;

  await mkdir(join(options.cacheDir, 'jars'), { recursive: true });
  // One Maven at a time: its local repository is not made for two, and the second finds the work done.
  return withLock(join(options.cacheDir, 'maven.lock'), options.signal, async () => {
    if ((await jarsIn(folder)).length === 0) await download(name, pom, folder, options);
    return jarsIn(folder);
  });
}

async function download(name: string, pom: URL, folder: string, options: JarOptions): Promise<void> {
  const started = performance.now();
  const partial = join(options.cacheDir, 'jars', `.partial-${randomUUID()}`);
  await removePartials(options.cacheDir);
  options.onProgress(`${name}: fetching its jars with Maven, once`);
  try {
    await runMaven(name, pom, partial, options);
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  options.onProgress(`${name}: ${(await jarsIn(folder)).length} jars in ${seconds} s`);
}

async function runMaven(name: string, pom: URL, output: string, options: JarOptions): Promise<void> {
  const logFile = join(options.cacheDir, `maven-${name}.log`);
  const log = await open(logFile, 'w');
  const maven = options.maven ?? 'mvn';
  try {
    await new Promise<void>((resolve, reject) => {
      const args = [
        '-B',
        '-f',
        fileURLToPath(pom),
        `${PLUGIN}:${options.unpack ? 'unpack-dependencies' : 'copy-dependencies'}`,
        `-DoutputDirectory=${output}`,
        '-DincludeScope=runtime',
      ];
      const child = spawn(maven, args, {
        stdio: ['ignore', log.fd, log.fd],
        signal: options.signal,
        cwd: options.cacheDir,
        // eslint-disable-next-line no-restricted-properties -- handed on as it is: nothing in it is a setting of this library
        env: withFixedLocale(process.env),
      });
      child.once('error', (cause) => {
        reject(mavenFailure(cause, options.signal));
      });
      child.once('exit', (code) => {
        if (code === 0) resolve();
        else reject(downloadFailure(name, pom, logFile, code));
      });
    });
  } finally {
    await log.close();
  }
}

function mavenFailure(cause: Error, signal: AbortSignal): LocalStackError {
  if (signal.aborted)
    return new LocalStackError('aborted', 'the download of the jars was given up', { cause });
  return new LocalStackError(
    'maven-missing',
    'mvn cannot be run, and the jars are not in the cache yet: install Maven (Debian: maven) and put it on the PATH',
    { cause },
  );
}

function downloadFailure(name: string, pom: URL, logFile: string, code: number | null): LocalStackError {
  return new LocalStackError(
    'download-failed',
    `Maven could not fetch the jars of ${name} (exit code ${code ?? 'none'}, ${basename(fileURLToPath(pom))}): ` +
      `see ${logFile}, check the network and start again`,
  );
}

/** Leftovers of downloads that were killed. Only the holder of the lock may call this. */
async function removePartials(cacheDir: string): Promise<void> {
  const folder = join(cacheDir, 'jars');
  for (const entry of await readdir(folder)) {
    if (entry.startsWith('.partial-')) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

async function jarsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.endsWith('.jar'))
    .sort()
    .map((entry) => join(folder, entry));
}
