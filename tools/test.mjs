// npm test: every project's tests on one shared stack of real services. The last line is "N passed, N failed".
// npm run test:zookeeper: those of the projects that speak to Kafka, on Kafka 3.9 with ZooKeeper. npm run test:containers: those of the
// clients, on containers, where an engine answers.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { forgetResults, readResults } from './test-results.mjs';
import { ensureInstalled, environment, root } from './workspace.mjs';

if (process.argv.includes('--help')) {
  console.log(
    'usage: npm test\n       npm run test:zookeeper [-- PROJECT...]\n       npm run test:containers [-- PROJECT...]\n\nUnit and integration tests of every project, on real Kafka, Cassandra and schema registry, which\n' +
      'are started and stopped with it. Failed tests are named; the last line is "N passed, N failed".\n' +
      'test:zookeeper runs the integration tests of kafka-client and stream-pipeline, or of the projects named, on Kafka 3.9 with\n' +
      'ZooKeeper, test:containers those of the clients on containers; it says so and exits 0 where no container engine answers.',
  );
  process.exit(0);
}

ensureInstalled();
const special = ['zookeeper', 'containers'].find((kind) => process.argv.includes(`--${kind}`));
const projectsOf = {
  zookeeper: ['kafka-client', 'stream-pipeline'],
  containers: ['kafka-client', 'cassandra-repository', 'schema-registry', 'stream-pipeline'],
};
// they wait for servers that they start, and take little of the processors beside the others
const withOwnServers = ['infra', 'local-stack'];
const named = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const chosen = special && named.length === 0 ? projectsOf[special] : named;
const projects = projectsWithTests();
for (const { folder } of projects) forgetResults(folder);

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupted.abort());

const stack = await startServices();
if (stack?.environment.skipped) {
  await stack.stop();
  console.log(`not run, 0 passed, 0 failed: ${stack.environment.skipped}`);
  process.exit(0);
}
const ran = stack && !interrupted.signal.aborted ? await runTests(stack.environment) : false;
await stack?.stop();
if (interrupted.signal.aborted) {
  console.log('interrupted: no result');
  process.exit(130);
}

const { passed, failed } = report(projects);
// Nx fails for a project that vitest fails without a failed test, as for an unhandled error.
const failures = failed === 0 && !ran ? 1 : failed;
console.log(`${passed} passed, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;

/** The projects that Nx knows a test target of. */
function projectsWithTests() {
  const { status, stdout, stderr } = spawnSync('nx', ['graph', '--print'], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) {
    console.error(`nx graph failed, fix that and start again:\n${stderr}${stdout}`);
    process.exit(1);
  }
  return Object.values(JSON.parse(stdout).graph.nodes)
    .filter(({ data, name }) => data.targets?.test && (chosen.length === 0 || chosen.includes(name)))
    .map(({ name, data }) => ({ name, folder: join(root, data.root) }));
}

/** The shared services; undefined when they did not start, which is said on stderr. */
async function startServices() {
  const program = spawn(
    'node',
    [
      '--conditions=@sluice/source',
      join(root, 'libs', 'test-kit', 'src', 'run-stack.ts'),
      'kafka',
      'cassandra',
      'schema-registry',
    ],
    {
      cwd: root,
      env: { ...environment, ...(special && { SLUICE_TEST_SERVICES: special }) },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const exited = once(program, 'exit');
  const stop = async () => {
    program.stdin.end();
    await exited;
  };
  interrupted.signal.addEventListener('abort', stop);
  const lines = createInterface(program.stdout);
  const [first] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  return first === undefined ? undefined : { environment: JSON.parse(first), stop };
}

/** True when Nx says that every project passed. Nothing comes from the cache: the services are not among its inputs. */
async function runTests(services) {
  const names = projects.map(({ name }) => name);
  const lanes = [
    { names: names.filter((name) => withOwnServers.includes(name)), parallel: 1 },
    { names: names.filter((name) => !withOwnServers.includes(name)), parallel: 2 },
  ];
  const ran = await Promise.all(
    lanes.filter((lane) => lane.names.length > 0).map((lane) => runLane(lane, services)),
  );
  return ran.every(Boolean);
}

async function runLane({ names, parallel }, services) {
  const nx = spawn(
    'nx',
    [
      'run-many',
      '-t',
      'test',
      '-p',
      names.join(','),
      `--parallel=${parallel}`,
      '--skip-nx-cache',
      '--output-style=stream',
      // what the services have no part in gives the same result on every kind of them
      ...(special ? ['--', 'test/integration'] : []),
    ],
    { cwd: root, env: { ...environment, ...services, SLUICE_TEST_STACK: '1' }, stdio: 'inherit' },
  );
  interrupted.signal.addEventListener('abort', () => nx.kill('SIGTERM'));
  const [code] = await once(nx, 'exit');
  return code === 0;
}

/** What a failure says, without the rest of a long stack: the log of the run may be out of reach. */
function firstLines(message) {
  return message
    .split('\n')
    .slice(0, 12)
    .map((line) => `  ${line.slice(0, 500)}`)
    .join('\n');
}

/** Sums the result files and names what failed. */
function report(projects) {
  let passed = 0;
  let failed = 0;
  for (const { name, folder } of projects) {
    const results = readResults(folder);
    passed += results.passed;
    failed += results.failed;
    for (const { where, message } of results.faults) {
      console.log(`FAIL ${name}: ${where}`);
      if (message) console.log(firstLines(message));
    }
  }
  return { passed, failed };
}
