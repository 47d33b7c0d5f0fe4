// npm run test:packages: packs every library, installs the tarballs into a new project outside the workspace, and runs programs
// there on real services. The last line is "N passed, N failed".
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { tarballProblems } from './packages/tarballs.mjs';
import { ensureInstalled, environment, root, run } from './workspace.mjs';

if (process.argv.includes('--help')) {
  console.log(
    'usage: npm run test:packages\n\nChecks the contents of the tarballs, installs them into a new project and runs programs there: the orders example,\n' +
      'bundles of a pipeline (ESM and CommonJS, Node 22, 24 and 26), a program with a kafkajs of its own, wrong options, and what Node 20 is told.',
  );
  process.exit(0);
}

/** By the major version that a test names. */
const nodes = { 22: '22.23.5', 24: '24.21.0', 26: '26.10.0' };
/** Below the minimum. */
const oldNode = { 20: '20.20.2' };

ensureInstalled();
const libraries = readdirSync(join(root, 'libs')).filter(isPublished);
const project = mkdtempSync(join(tmpdir(), 'sluice-packages-'));
let passed = 0;
let failed = 0;
try {
  if (publishInPretence() && pack() && install()) await withServices(runAll);
  else failed += 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function isPublished(name) {
  return JSON.parse(readFileSync(join(root, 'libs', name, 'package.json'), 'utf8')).private !== true;
}

/** As after a fresh clone: publishing has to build what it packs. */
function publishInPretence() {
  for (const name of libraries) rmSync(join(root, 'libs', name, 'dist'), { recursive: true, force: true });
  const { status, stdout, stderr } = spawnSync('nx', ['release', 'publish', '--dry-run'], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) console.error(`${stdout}${stderr}`);
  return status === 0;
}

function pack() {
  return libraries.every((name) => {
    const folder = join(root, 'libs', name);
    const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--pack-destination', project], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    });
    if (status !== 0) {
      console.error(stderr);
      return false;
    }
    const [{ files }] = JSON.parse(stdout);
    const problems = tarballProblems(
      folder,
      files.map(({ path }) => path),
    );
    check(
      `the tarball of ${name} is complete, and has nothing else`,
      { result: problems, output: problems.join('\n') },
      ({ length }) => length === 0,
    );
    return true;
  });
}

function install() {
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'outside', private: true, type: 'module' }),
  );
  cpSync(join(root, 'libs', 'stream-pipeline', 'examples', 'orders.ts'), join(project, 'orders.ts'));
  cpSync(join(root, 'tools', 'packages'), project, { recursive: true });
  const tarballs = readdirSync(project).filter((file) => file.endsWith('.tgz'));
  const versions = Object.entries({ ...nodes, ...oldNode }).map(
    ([major, version]) => `node-${major}@npm:node-${process.platform}-${process.arch}@${version}`,
  );
  const others = ['kafkajs@2.2.4', 'esbuild@0.28.2', ...versions];
  const options = ['--no-audit', '--no-fund', '--loglevel=error'];
  return run(['npm', 'install', ...options, ...tarballs.map((file) => `./${file}`), ...others], {
    cwd: project,
  });
}

async function withServices(use) {
  // as for the tests of a project, see libs/test-kit
  if (process.env.SLUICE_TEST_STACK) return use({});
  const stack = spawn(
    'node',
    [
      '--conditions=@sluice/source',
      join(root, 'libs', 'test-kit', 'src', 'run-stack.ts'),
      'kafka',
      'cassandra',
      'schema-registry',
    ],
    { cwd: root, env: environment, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = once(stack, 'exit');
  try {
    const lines = createInterface(stack.stdout);
    const [services] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
    if (services === undefined) failed += 1;
    else await use(JSON.parse(services));
  } finally {
    stack.stdin.end();
    await ended;
  }
}

/** Without the condition that leads imports to sources: what runs is what was packed. */
function runAll(services) {
  const node = (major) => join(project, 'node_modules', `node-${major}`, 'bin', 'node');
  const program = (file, ...args) => runProgram(services, node(24), file, args);

  check(
    'the orders example runs on the packed libraries',
    program('orders.ts'),
    ({ orders, lines, deadLettered }) =>
      isDeepStrictEqual([orders.length, lines.length, deadLettered], [2, 2, 1]),
  );

  const own = {
    ours: [
      ['own', 0, 3],
      ['ours', 1, 1],
    ],
    own: [
      ['own', '0'],
      ['ours', '1'],
    ],
    copy: { value: 'own', offset: '0', b: '3', a: ['1', '2'] },
  };
  for (const order of ['before', 'after', 'interleaved'])
    check(
      `a program's own kafkajs is as it was, loaded ${order}`,
      program('own-kafkajs.mjs', order),
      (result) => isDeepStrictEqual(result, own),
    );

  const refused = (code, retryable) => ({ code, retryable, isQuick: true, namesSettings: false });
  check('wrong options fail at once, and are not retryable', program('wrong-options.mjs'), (result) =>
    isDeepStrictEqual(result, {
      'a broker without a port': refused('bad-option', false),
      'brokers as a text': refused('bad-option', false),
      'credentials that Kafka does not take': refused('authentication-failed', false),
      'no localDataCenter': refused('bad-option', false),
      'a port of another service': refused('unreachable', true),
    }),
  );

  const names = libraryNames();
  const refusal = `Node 22.15 or newer is needed by Sluice's libraries; this is ${oldNode[20]}. Install a newer one.`;
  check(
    'each library says in one line that Node 20 is too old',
    runProgram(services, node(20), 'old-node.mjs', names),
    (said) => isDeepStrictEqual(said, Object.fromEntries(names.map((name) => [name, refusal]))),
  );

  const written = { written: 5, codecs: ['gzip', 'lz4', 'none', 'snappy', 'zstd'] };
  const isWritten = (result) => isDeepStrictEqual(result, written);
  for (const format of ['esm', 'cjs']) {
    const bundle = `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`;
    const bundled = bundlePipeline(format, bundle);
    for (const major of Object.keys(nodes))
      check(
        `a pipeline bundled as ${format} runs on Node ${major}`,
        bundled ?? runProgram(services, node(major), bundle),
        isWritten,
      );
  }
}

function libraryNames() {
  return libraries.map((name) => `@sluice/${name}`);
}

/** Undefined when that succeeded. */
function bundlePipeline(format, outfile) {
  // what esbuild asks for wherever a CommonJS package is bundled as ESM
  const banner =
    "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";
  const { status, stdout, stderr } = spawnSync(
    join(project, 'node_modules', '.bin', 'esbuild'),
    [
      'pipeline.mjs',
      '--bundle',
      '--platform=node',
      '--target=node22',
      `--format=${format}`,
      `--outfile=${outfile}`,
      '--log-level=warning',
      ...(format === 'esm' ? [`--banner:js=${banner}`] : []),
    ],
    { cwd: project, encoding: 'utf8', env: environment },
  );
  return status === 0 && stderr === ''
    ? undefined
    : { output: `esbuild ${format}: exit code ${status}\n${stdout}${stderr}` };
}

/** The JSON of the last line that a program prints, or all that it printed. */
function runProgram(services, node, file, args = []) {
  const { status, stdout, stderr } = spawnSync(node, [file, ...args], {
    cwd: project,
    env: { ...environment, ...services },
    encoding: 'utf8',
    timeout: 120_000,
  });
  const output = `exit code ${status}\n${stdout}${stderr}`;
  return status === 0 ? { output, result: JSON.parse(stdout.trim().split('\n').at(-1)) } : { output };
}

function check(name, { output, result }, isRight) {
  const right = result !== undefined && isRight(result);
  if (right) passed += 1;
  else failed += 1;
  console.log(`${right ? 'ok  ' : 'FAIL'} ${name}`);
  if (!right) console.error(output);
}
