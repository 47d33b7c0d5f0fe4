import { Command } from 'commander';
import { ConfigError, runProgram } from '@sluice/app-runtime';
import { readStack, stopStack } from '@sluice/local-stack';
import { addressLines, EXTRAS, isExtra, readExtras, startExtras, stopExtras } from './extras.ts';
import { migrate } from './migrate.ts';
import { up } from './services.ts';
import { type ServiceRow, statusRows, table } from './status.ts';
import { STACK_DIR } from './workspace.ts';

interface Options {
  readonly json?: boolean;
  readonly fresh?: boolean;
}

const program = new Command('infra').description(
  'The services of the pipeline on this machine: Kafka, Cassandra, a schema registry and a RandomUser-compatible source;\n' +
    'Spark and Airflow where they are asked for.',
);

program
  .command('up')
  .description('Start the services in the background and create topics and tables; those that are up stay.')
  .argument('[extras...]', `what else is started: ${EXTRAS.join(', ')}; needs Python 3.11`)
  .option('--fresh', 'forget the data of earlier runs')
  .option('--json', 'print the services as one JSON object')
  .action(async (extras: readonly string[], { json, fresh = false }: Options) => {
    const unknown = extras.filter((name) => !isExtra(name));
    if (unknown.length > 0)
      throw new ConfigError(unknown.map((name) => `${name} is none of ${EXTRAS.join(', ')}`));
    const interrupted = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
    const { JAVA_HOME: javaHome } = process.env;
    const common = { signal: interrupted.signal, onProgress: progress, ...(javaHome && { javaHome }) };
    const services = await up({ ...common, fresh });
    await migrate(services.endpoints, process.env, interrupted.signal);
    const { endpoints, sourceUrl } = services;
    await startExtras(extras.filter(isExtra), {
      ...common,
      dataDir: STACK_DIR,
      endpoints,
      sourceUrl,
      background: true,
    });
    progress(services.joined ? 'the services were up already' : 'the services are up, in the background');
    await printStatus(json);
  });

program
  .command('down')
  .description('Stop the services; their data is kept.')
  .option('--json', 'print what was stopped as one JSON object')
  .action(async ({ json }: Options) => {
    const options = { onProgress: progress };
    const stopped = [...(await stopExtras(STACK_DIR, options)), ...(await stopStack(STACK_DIR, options))];
    if (json) print(JSON.stringify({ stopped }));
    else if (stopped.length === 0) print('nothing was running');
    else print(`stopped ${stopped.map(({ name }) => name).join(', ')}; the data is kept in ${STACK_DIR}`);
  });

program
  .command('status')
  .description('Show the services: name, state, process, port.')
  .option('--json', 'print the services as one JSON object')
  .action(({ json }: Options) => printStatus(json));

process.exitCode = await runProgram(program, process.argv, process.env);

async function printStatus(json?: boolean): Promise<void> {
  const extras = await readExtras(STACK_DIR);
  const statuses = [(await readStack(STACK_DIR)) ?? [], extras].flat();
  const rows: readonly ServiceRow[] = statuses.flatMap(statusRows);
  if (json) print(JSON.stringify({ services: rows }));
  else if (rows.length === 0) print('nothing is running; start the services with: npx nx run infra:up');
  else print([table(rows), ...extras.flatMap(({ endpoints }) => addressLines(endpoints))].join('\n'));
}

/** What happens goes to stderr, so that stdout holds the result alone. */
function progress(message: string): void {
  process.stderr.write(`${message}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
