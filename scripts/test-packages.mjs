// npm run test:packages: packs every library, installs the tarballs into a new project outside the workspace, and runs the
// example of orders there on real services. The last line is "N passed, N failed".
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureInstalled, environment, root, run } from './workspace.mjs';

if (process.argv.includes('--help')) {
  console.log(
    'usage: npm run test:packages\n\nInstalls the packed libraries into a new project and runs the orders example.',
  );
  process.exit(0);
}

ensureInstalled();
const project = mkdtempSync(join(tmpdir(), 'sluice-packages-'));
let failed = true;
try {
  failed = !(build() && install() && (await runExample()));
} finally {
  rmSync(project, { recursive: true, force: true });
}
console.log(failed ? '0 passed, 1 failed' : '1 passed, 0 failed');
process.exit(failed ? 1 : 0);

function build() {
  return run(['nx', 'run-many', '-t', 'build', '-p', 'libs/*', '--output-style=static']);
}

function install() {
  const libraries = readdirSync(join(root, 'libs'));
  const packed = libraries.every((name) =>
    run(['npm', 'pack', '--silent', '--pack-destination', project], {
      cwd: join(root, 'libs', name),
      stdio: 'ignore',
    }),
  );
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'orders', private: true, type: 'module' }),
  );
  copyFileSync(join(root, 'libs', 'stream-pipeline', 'examples', 'orders.ts'), join(project, 'orders.ts'));
  const tarballs = readdirSync(project).filter((file) => file.endsWith('.tgz'));
  return (
    packed &&
    tarballs.length === libraries.length &&
    run(
      [
        'npm',
        'install',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
        ...tarballs.map((file) => `./${file}`),
      ],
      {
        cwd: project,
      },
    )
  );
}

/** Without the condition that leads imports to sources: what runs is what was packed. */
async function runExample() {
  const stack = spawn(
    'node',
    ['--conditions=@sluice/source', join(root, 'scripts', 'test-stack.mjs'), 'kafka', 'cassandra'],
    { cwd: root, env: environment, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const ended = once(stack, 'exit');
  try {
    const lines = createInterface(stack.stdout);
    const [services] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
    if (services === undefined) return false;
    const { status, stdout, stderr } = spawnSync('node', ['orders.ts'], {
      cwd: project,
      env: { ...environment, ...JSON.parse(services) },
      encoding: 'utf8',
    });
    const result = status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1)) : undefined;
    const right = result?.orders.length === 2 && result.lines.length === 2 && result.deadLettered === 1;
    if (!right)
      console.error(`the orders example printed something else, exit code ${status}:\n${stdout}${stderr}`);
    return right;
  } finally {
    stack.stdin.end();
    await ended;
  }
}
