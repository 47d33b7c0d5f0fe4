import { runProgram, shutdownSignal } from '@sluice/app-runtime';
import { Command } from 'commander';
import { loadConfig, settingsHelp } from './config.ts';
import { migrateAll } from './migrate.ts';
import { write } from './write.ts';

/** The command line of the writer; returns the exit code. */
export function streamWriter(argv: readonly string[]): Promise<number> {
  const signal = shutdownSignal((code) => process.exit(code));
  const program = new Command('stream-writer')
    .description('Writes the records of a Kafka topic into Cassandra and commits only what is stored.')
    .addHelpText('after', settingsHelp);

  program
    .command('serve')
    .description('write until stopped; SIGTERM finishes what is in flight, commits and leaves the group')
    .option('--json', 'print a summary as one JSON line at the end')
    .action(({ json }: { json?: boolean }) =>
      write(loadConfig(process.env), { until: 'stopped', json: json ?? false, signal }),
    );

  program
    .command('drain')
    .description('write up to the end of the topic as of now, then exit')
    .option('--json', 'print a summary as one JSON line at the end')
    .action(({ json }: { json?: boolean }) =>
      write(loadConfig(process.env), { until: 'end', json: json ?? false, signal }),
    );

  program
    .command('migrate')
    .description(
      'create what is missing: topics, keyspace, table, columns; never drops or changes what is there',
    )
    .option('--json', 'print what was found and done as one JSON line')
    .action(({ json }: { json?: boolean }) =>
      migrateAll(loadConfig(process.env), { json: json ?? false, signal }),
    );

  return runProgram(program, argv);
}
