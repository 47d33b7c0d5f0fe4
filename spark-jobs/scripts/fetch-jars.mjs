// The jars that spark-submit gets, as pom.xml names them, in dist/jars: fetched by Maven where the pom has changed since.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Pinned like the jars: another version may resolve another set.
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

const project = fileURLToPath(new URL('..', import.meta.url));
const pom = join(project, 'pom.xml');
const jars = join(project, 'dist', 'jars');
const mark = join(jars, '.pom-sha256');
const hash = createHash('sha256').update(readFileSync(pom)).digest('hex');

if (!existsSync(mark) || readFileSync(mark, 'utf8') !== hash) process.exitCode = fetchJars();

function fetchJars() {
  const partial = join(project, 'dist', `.jars-${process.pid}`);
  mkdirSync(join(project, 'dist'), { recursive: true });
  const { status, error } = spawnSync(
    'mvn',
    [
      '-q',
      '-B',
      '-f',
      pom,
      `${PLUGIN}:copy-dependencies`,
      `-DoutputDirectory=${partial}`,
      '-DincludeScope=runtime',
    ],
    { stdio: ['ignore', 2, 2] },
  );
  if (status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    console.error(
      error
        ? `mvn cannot be run (${error.code}): install Maven (Debian: maven) and put it on the PATH`
        : 'Maven could not fetch the jars, see above: check the network and run this again',
    );
    return 1;
  }
  writeFileSync(join(partial, '.pom-sha256'), hash);
  rmSync(jars, { recursive: true, force: true });
  // last: a folder of that name is complete
  renameSync(partial, jars);
  return 0;
}
