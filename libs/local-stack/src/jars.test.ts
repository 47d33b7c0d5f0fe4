import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { resolveJars } from './jars.ts';

let folder: string;
let pom: URL;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-jars-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'pom.xml'), '<project/>');
  pom = pathToFileURL(join(folder, 'pom.xml'));
});

/** A program in Maven's place: counts its runs, and does what the script says with the output folder $out. */
async function maven(script: string): Promise<string> {
  const program = join(folder, 'mvn');
  const find = 'for a in "$@"; do case "$a" in -DoutputDirectory=*) out="${a#*=}";; esac; done';
  await writeFile(program, `#!/bin/sh\necho run >> ${folder}/runs\n${find}\n${script}\n`);
  await chmod(program, 0o755);
  return program;
}

const runs = async () => (await readFile(join(folder, 'runs'), 'utf8')).trim().split('\n').length;

function resolve(program: string, signal = new AbortController().signal, unpack = false) {
  return resolveJars('thing', pom, {
    cacheDir: join(folder, 'cache'),
    maven: program,
    unpack,
    onProgress: () => undefined,
    signal,
  });
}

test('jars are fetched once, and again when the pom has changed', async () => {
  const program = await maven('mkdir -p "$out"; touch "$out/b.jar" "$out/a.jar" "$out/readme"');
  const jars = await resolve(program);
  expect(jars.map((jar) => basename(jar))).toEqual(['a.jar', 'b.jar']);
  expect(await resolve(program)).toEqual(jars);
  expect(await runs()).toBe(1);
  await writeFile(join(folder, 'pom.xml'), '<project>2</project>');
  expect(await resolve(program)).not.toEqual(jars);
  expect(await runs()).toBe(2);
});

test('an archive is unpacked, and its jars are those at its top', async () => {
  const script =
    'case "$*" in *:unpack-dependencies*) mkdir -p "$out/lib"; touch "$out/main.jar" "$out/lib/a.jar";; esac';
  const jars = await resolve(await maven(script), undefined, true);
  expect(jars.map((jar) => basename(jar))).toEqual(['main.jar']);
});

test('two starts at once fetch once', async () => {
  const program = await maven('mkdir -p "$out"; touch "$out/a.jar"');
  const [one, other] = await Promise.all([resolve(program), resolve(program)]);
  expect(one).toEqual(other);
  expect(await runs()).toBe(1);
});

test('an interrupted download is never used, and removed by the next one', async () => {
  await mkdir(join(folder, 'cache', 'jars', '.partial-killed'), { recursive: true });
  await writeFile(join(folder, 'cache', 'jars', '.partial-killed', 'half.jar'), '');
  const failing = await maven('mkdir -p "$out"; touch "$out/half.jar"; echo no network; exit 1');
  await expect(resolve(failing)).rejects.toMatchObject({
    code: 'download-failed',
    retryable: true,
    message: expect.stringContaining(join(folder, 'cache', 'maven-thing.log')),
  });
  expect(await readdir(join(folder, 'cache', 'jars'))).toEqual([]);
  const jars = await resolve(await maven('mkdir -p "$out"; touch "$out/a.jar"'));
  expect(jars.map((jar) => basename(jar))).toEqual(['a.jar']);
});

test('a missing Maven is named with what to install', async () => {
  await expect(resolve(join(folder, 'absent'))).rejects.toMatchObject({
    code: 'maven-missing',
    message: expect.stringContaining('install Maven'),
  });
});

test('a start that is given up ends Maven', async () => {
  const giveUp = new AbortController();
  const started = resolve(await maven('exec sleep 60'), giveUp.signal);
  giveUp.abort();
  await expect(started).rejects.toMatchObject({ code: 'aborted' });
});
