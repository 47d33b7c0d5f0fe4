import { Command } from 'commander';
import { readStack, stopStack } from '@sluice/local-stack';
import { migrate } from './migrate.ts';
import { up } from './services.ts';
import { type ServiceRow, statusRows, table } from './status.ts';
import { STACK_DIR } from './workspace.ts';

interface Options {
  readonly json?: boolean;
  readonly fresh?: boolean;
}

const program = new Command('infra').description(
  'The services of the pipeline on this machine: Kafka, Cassandra, a schema registry and a RandomUser-compatible source.',
);

program
  .command('up')
  .description('Start the services in the background and create topics and tables; those that are up stay.')
  .option('--fresh', 'forget the data of earlier runs')
  .option('--json', 'print the services as one JSON object')
  .action(async ({ json, fresh = false }: Options) => {
    const interrupted = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
    const { JAVA_HOME: javaHome } = process.env;
    const services = await up({
      fresh,
      signal: interrupted.signal,
      onProgress: progress,
      ...(javaHome && { javaHome }),
    });
    await migrate(services.endpoints, process.env, interrupted.signal);
    progress(services.joined ? 'the services were up already' : 'the services are up, in the background');
    await printStatus(json);
  });

program
  .command('down')
  .description('Stop the services; their data is kept.')
  .option('--json', 'print what was stopped as one JSON object')
  .action(async ({ json }: Options) => {
    const stopped = await stopStack(STACK_DIR, { onProgress: progress });
    if (json) print(JSON.stringify({ stopped }));
    else if (stopped.length === 0) print('nothing was running');
    else print(`stopped ${stopped.map(({ name }) => name).join(', ')}; the data is kept in ${STACK_DIR}`);
  });

program
  .command('status')
  .description('Show the services: name, state, process, port.')
  .option('--json', 'print the services as one JSON object')
  .action(({ json }: Options) => printStatus(json));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function printStatus(json?: boolean): Promise<void> {
  const rows: readonly ServiceRow[] = statusRows(await readStack(STACK_DIR));
  if (json) print(JSON.stringify({ services: rows }));
  else if (rows.length === 0) print('nothing is running; start the services with: npx nx run infra:up');
  else print(table(rows));
}

/** What happens goes to stderr, so that stdout holds the result alone. */
function progress(message: string): void {
  process.stderr.write(`${message}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
