// npm run test:compose: the Compose stack as people use it, with every profile whose images can be had. The last line is
// "N passed, N failed".
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeSecrets } from '../../src/secrets/make-secrets.ts';
import { FOLDER, readComposeFile, BASE } from './compose-files.ts';
import {
  airflowRole,
  portsAreLocal,
  registryIsBehindItsProxy,
  registryRefuses,
  sparkIsClosed,
  superuserIsRefused,
} from './access.ts';
import { consoleMends, consoleShows } from './console.ts';
import { freePorts } from './free-ports.ts';
import { interruption, run, Stack, until } from './stack.ts';

const PARTS = ['default', 'spark', 'airflow', 'monitoring', 'zookeeper', 'insecure'] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean' } } });
if (values.help) {
  console.log(
    `usage: npm run test:compose [-- --only PART,...]\n\nBrings the Compose stack up, sends users through it, restarts its services, and takes it down. Parts: ${PARTS.join(', ')}.`,
  );
  process.exit(0);
}
const parts = values.only ? values.only.split(',') : [...PARTS];
const unknown = parts.filter((part) => !PARTS.includes(part as Part));
if (unknown.length > 0) {
  console.error(`--only: ${unknown.join(', ')} is none of ${PARTS.join(', ')}`);
  process.exit(78);
}
const wants = (part: Part) => parts.includes(part);

/** What a run sends at least. */
const USERS = 500;
const MINUTE = 60_000;

let passed = 0;
let failed = 0;

if ((await run('docker', ['compose', 'version'])).code !== 0 || (await run('docker', ['info'])).code !== 0) {
  console.log('no container engine answers here: the Compose stack was not tried');
  console.log('0 passed, 0 failed');
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => interruption.abort(new Error(`ended by ${signal}`)));

await makeSecrets(join(FOLDER, 'secrets'));
if (wants('default') || wants('spark') || wants('airflow') || wants('monitoring'))
  await withStack('sluice-test', [], testDefault);
if (wants('zookeeper'))
  await withStack('sluice-test-zookeeper', ['compose.zookeeper.yaml'], (stack) =>
    testShort(stack, 'zookeeper'),
  );
if (wants('insecure'))
  await withStack('sluice-test-insecure', ['compose.insecure.yaml'], (stack) => testShort(stack, 'insecure'));

console.log(`${passed} passed, ${failed} failed`);
process.exit(interruption.signal.aborted ? 130 : failed > 0 ? 1 : 0);

async function withStack(
  project: string,
  overrides: readonly string[],
  test: (stack: Stack) => Promise<void>,
): Promise<void> {
  if (interruption.signal.aborted) return;
  const stack = new Stack(project, { overrides, ports: await freePorts() });
  // Of a run that was killed.
  await stack.remove();
  try {
    await test(stack);
  } finally {
    await check(`${project}: down -v leaves nothing`, async () => {
      await stack.remove();
      const left = await stack.remains();
      if (left.length > 0) throw new Error(`left over: ${left.join(', ')}`);
    });
  }
}

async function testDefault(stack: Stack): Promise<void> {
  if (!(await comesUp(stack, 'default'))) return;
  await check('no port listens beyond loopback', () => portsAreLocal(stack));
  await check('the default superuser of Cassandra is refused', () => superuserIsRefused(stack));
  await check('the registry answers nobody without a password', () => registryRefuses(stack));
  await check('no app reaches the registry past its proxy', () => registryIsBehindItsProxy(stack));
  await check('the console shows all of it, to whoever has a token', () => consoleShows(stack));
  if (wants('default')) {
    for (const service of [
      'kafka',
      'schema-registry',
      'registry-proxy',
      'cassandra',
      'producer',
      'stream-writer',
      'console',
    ])
      await check(`users go on arriving after a restart of ${service}`, () => restart(stack, service));
    await check('the audit finds nothing lost of what the producer was told it had sent', () =>
      nothingLost(stack),
    );
    await check('a second up goes on with the kept volumes', () => comesAgain(stack));
    await check('an operator of the console redrives, moves the group, and audits', () =>
      consoleMends(stack),
    );
  }
  if (wants('spark'))
    await check('the Spark job writes the same rows on a master and a worker', () => spark(stack));
  if (wants('spark'))
    await check('Spark has no REST server, and refuses a driver without its secret', () =>
      sparkIsClosed(stack),
    );
  if (wants('airflow')) await check('both DAGs succeed in the stack', () => airflow(stack));
  if (wants('airflow'))
    await check('the console may start runs in Airflow, and administers nothing', () => airflowRole(stack));
  if (wants('monitoring'))
    await check('Prometheus reaches apps, Kafka and Cassandra', () => monitoring(stack));
}

async function testShort(stack: Stack, name: string): Promise<void> {
  await comesUp(stack, name);
}

async function comesUp(stack: Stack, name: string): Promise<boolean> {
  return check(`${name}: up --wait ends healthy, and ${USERS} users arrive`, async () => {
    await stack.compose(['build', '--quiet']);
    await stack.up();
    const count = () => (name === 'insecure' ? plainUsers(stack) : stack.users());
    await until(`${USERS} users`, 2 * MINUTE, async () => (await count()) >= USERS);
  });
}

async function plainUsers(stack: Stack): Promise<number> {
  const statement = 'SELECT count(*) FROM worldwide_users.user_records';
  const cqlsh = ['exec', '-T', 'cassandra', 'cqlsh', '--request-timeout=60'];
  const answer = await stack.compose([...cqlsh, '-e', statement]);
  return Number(/^\s*(\d+)\s*$/m.exec(answer)?.[1]);
}

async function restart(stack: Stack, service: string): Promise<void> {
  await stack.compose(['restart', '--timeout', '30', service]);
  await stack.up();
  const before = await stack.users();
  await until('more users', 2 * MINUTE, async () => (await stack.users()) > before);
}

/** The producer says at its end how many users it was told are in the topic: all of these have to be there, and in the table. */
async function nothingLost(stack: Stack): Promise<void> {
  await stack.compose(['stop', 'producer']);
  const log = await stack.compose(['logs', '--no-log-prefix', 'producer']);
  const acknowledged = [...log.matchAll(/"produced":(\d+)/g)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
  const { ok, keys, ...report } = await until('an audit of what is committed', 2 * MINUTE, () =>
    stack.audit(),
  );
  const users = await stack.users();
  if (!ok || acknowledged === 0 || keys < acknowledged || users !== keys)
    throw new Error(
      `acknowledged ${acknowledged}, in the topic ${keys}, in the table ${users}; ${JSON.stringify(report)}`,
    );
  await stack.up();
}

async function comesAgain(stack: Stack): Promise<void> {
  const before = await stack.users();
  await stack.compose(['--profile', '*', 'down', '--timeout', '30']);
  await stack.up();
  const after = await stack.users();
  if (after < before) throw new Error(`there were ${before} users, now ${after}`);
  await until('more users', 2 * MINUTE, async () => (await stack.users()) > after);
}

async function spark(stack: Stack): Promise<void> {
  await stack.compose(['--profile', 'spark', 'build', '--quiet']);
  await stack.up(['spark']);
  await stack.compose(['--profile', 'spark', '--profile', 'jobs', 'run', '--rm', '-T', 'spark-job']);
  await stack.compose(['stop', 'producer']);
  const { ok, ...report } = await stack.audit();
  if (!ok) throw new Error(JSON.stringify(report));
  await stack.up();
}

async function airflow(stack: Stack): Promise<void> {
  await stack.compose(['--profile', 'airflow', 'build', '--quiet']);
  await stack.up(['airflow']);
  const command = (...args: string[]) =>
    stack.compose(['--profile', 'airflow', 'exec', '-T', 'airflow-scheduler', 'airflow', ...args]);
  for (const [dag, conf] of [
    ['ingest_users', { count: USERS }],
    ['stream_users', {}],
  ] as const) {
    const id = `test-${dag}`;
    await until(`Airflow knows ${dag}`, 2 * MINUTE, async () => {
      await command('dags', 'unpause', dag);
      return true;
    });
    await command('dags', 'trigger', dag, '--run-id', id, '--conf', JSON.stringify(conf));
    const state = await until(`the end of ${dag}`, 10 * MINUTE, async () => {
      // Airflow prints warnings there, too.
      const [, json = '[]'] =
        /^(\[.*\])$/ms.exec(await command('dags', 'list-runs', dag, '-o', 'json')) ?? [];
      const runs = JSON.parse(json) as { run_id: string; state: string }[];
      const state = runs.find(({ run_id }) => run_id === id)?.state;
      return (state === 'success' || state === 'failed') && state;
    });
    if (state === 'failed') throw new Error(`${dag} failed`);
  }
}

async function monitoring(stack: Stack): Promise<void> {
  const services = await available(['prometheus', 'kafka-exporter', 'cassandra-exporter', 'grafana']);
  await stack.up(['monitoring'], services);
  const wanted = ['producer', 'stream-writer', 'kafka', 'cassandra'];
  await until(`Prometheus reaches ${wanted.join(', ')}`, 2 * MINUTE, async () => {
    const answer = await stack.compose([
      ...['--profile', 'monitoring', 'exec', '-T', 'prometheus', 'wget', '-qO-'],
      'http://localhost:9090/api/v1/query?query=up',
    ]);
    const { data } = JSON.parse(answer) as {
      data: { result: { metric: { job: string }; value: [number, string] }[] };
    };
    const up = new Set(data.result.flatMap(({ metric, value }) => (value[1] === '1' ? [metric.job] : [])));
    return wanted.every((job) => up.has(job));
  });
}

/** Those services whose image is here or can be had; the others are named. */
async function available(services: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const service of services) {
    const { image = '' } = readComposeFile(BASE).services[service] ?? {};
    const own = image.startsWith('sluice/');
    const here = own || (await run('docker', ['image', 'inspect', image])).code === 0;
    if (here || (await run('docker', ['pull', '--quiet', image])).code === 0) found.push(service);
    else console.log(`  ${service} is left out: ${image} cannot be had here`);
  }
  return found;
}

async function check(name: string, test: () => Promise<void>): Promise<boolean> {
  const start = Date.now();
  const took = () => `${((Date.now() - start) / 1000).toFixed(1)} s`;
  try {
    await test();
    passed++;
    console.log(`ok   ${name} (${took()})`);
    return true;
  } catch (error) {
    failed++;
    console.log(`FAIL ${name} (${took()})\n${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
