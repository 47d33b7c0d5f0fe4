// node tools/python-environment.mjs <project-folder> [command...]: the virtual environment of a Python project.
// Makes <project-folder>/.venv of its requirements.lock where it is missing or was made from another lock, then runs the command
// in the project's folder with the environment's programs first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '3.11';
/** Longer than an installation takes on a slow line. */
const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * The path of the Python of a project's environment, which is made first where that is needed.
 *
 * @param {string} projectFolder holds requirements.lock, with hashes
 * @returns {string}
 * @throws {Error} where there is no Python 3.11, or what the lock names cannot be installed
 */
export function ensurePython(projectFolder) {
  const folder = resolve(projectFolder);
  const venv = join(folder, '.venv');
  const lockFile = join(folder, 'requirements.lock');
  if (!existsSync(lockFile))
    throw new Error(`${lockFile} is missing: ${folder} is not a Python project of this workspace`);
  const lock = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (!isCurrent(venv, lock)) {
    alone(`${venv}.making`, () => {
      if (!isCurrent(venv, lock)) make(venv, lockFile, lock);
    });
  }
  return pythonOf(venv);
}

/**
 * The environment variables with which the programs of that environment are found first, and no others' packages. Text is the same to
 * them, and to the JVMs that they start, whatever the user's locale is.
 */
export function pythonEnvironment(projectFolder, base = process.env) {
  const venv = join(resolve(projectFolder), '.venv');
  const foreign = /^(PYTHONPATH|PYTHONHOME|PYTHONIOENCODING|SPARK_HOME|LANG|LANGUAGE|LC_.*)$/;
  const own = Object.fromEntries(Object.entries(base).filter(([name]) => !foreign.test(name)));
  const locale = { LC_ALL: 'C.UTF-8', PYTHONUTF8: '1' };
  return { ...own, ...locale, VIRTUAL_ENV: venv, PATH: `${join(venv, 'bin')}${delimiter}${base.PATH ?? ''}` };
}

function pythonOf(venv) {
  return join(venv, 'bin', 'python');
}

function isCurrent(venv, lock) {
  const mark = join(venv, '.lock-sha256');
  return existsSync(pythonOf(venv)) && existsSync(mark) && readFileSync(mark, 'utf8') === lock;
}

function make(venv, lockFile, lock) {
  const python = findPython();
  console.error(`making ${venv} from ${lockFile} (some minutes the first time) …`);
  rmSync(venv, { recursive: true, force: true });
  execute(python, ['-m', 'venv', venv]);
  const install = ['install', '--quiet', '--no-input', '--disable-pip-version-check', '--require-hashes'];
  execute(pythonOf(venv), ['-m', 'pip', ...install, '-r', lockFile]);
  // Last: an environment without it is made anew.
  writeFileSync(join(venv, '.lock-sha256'), lock);
}

function findPython() {
  for (const name of [`python${VERSION}`, 'python3', 'python']) {
    const { status, stdout } = spawnSync(
      name,
      ['-c', 'import sys; print("%d.%d" % sys.version_info[:2]); import venv, ensurepip'],
      { encoding: 'utf8' },
    );
    if (status === 0 && stdout.trim() === VERSION) return name;
  }
  throw new Error(
    `no Python ${VERSION} with venv was found as python${VERSION}, python3 or python on PATH: install it (on Debian and Ubuntu ` +
      `python${VERSION} and python${VERSION}-venv) and start again`,
  );
}

function execute(command, args) {
  // What it says goes to stderr: stdout belongs to whoever needs the environment.
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', process.stderr, 'inherit'],
    env: { ...process.env, PYTHONPATH: '', PYTHONHOME: undefined },
  });
  if (status !== 0) {
    const why = error ? error.message : `exit code ${status}, see above`;
    throw new Error(`${command} ${args.slice(0, 3).join(' ')} failed: ${why}; fix that and start again`);
  }
}

/** Runs the action while no other process does: two targets of one project begin at one moment. */
function alone(claim, action) {
  for (let waited = 0; !claimed(claim); waited += 200) {
    if (waited > LONGEST_WAIT_MS)
      throw new Error(`another process is still at work: end it, or delete ${claim}`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    action();
  } finally {
    rmSync(claim, { recursive: true, force: true });
  }
}

function claimed(claim) {
  try {
    mkdirSync(claim);
    writeFileSync(join(claim, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const pid = existsSync(join(claim, 'pid')) ? Number(readFileSync(join(claim, 'pid'), 'utf8')) : 0;
  // Left by a process that was killed.
  if (pid > 0 && !isAlive(pid)) rmSync(claim, { recursive: true, force: true });
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function main([folder, command, ...args]) {
  if (folder === undefined || folder === '--help') {
    console.log(
      'usage: node tools/python-environment.mjs <project-folder> [command...]\n\nMakes the virtual environment of a Python project where needed, then runs the command in it. Without a command:\nprints the path of its Python.',
    );
    return folder === undefined ? 78 : 0;
  }
  let python;
  try {
    python = ensurePython(folder);
  } catch (error) {
    console.error(error.message);
    return 1;
  }
  if (command === undefined) {
    console.log(python);
    return 0;
  }
  const { status, error } = spawnSync(command, args, {
    cwd: folder,
    env: pythonEnvironment(folder),
    stdio: 'inherit',
  });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
