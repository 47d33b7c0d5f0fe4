import { ConfigError, runProgram, shutdownSignal } from '@sluice/app-runtime';
import { Command } from 'commander';
import { runFlow } from './flow.ts';

interface Options {
  readonly records?: string;
  readonly fresh?: boolean;
}

const program = new Command('npm start --')
  .description(
    'Starts what is missing and runs the whole pipeline: RandomUser API -> producer -> Kafka -> stream-writer -> Cassandra.\n' +
      'Ctrl-C stops everything; the data is kept for the next start.',
  )
  .option(
    '--records <count>',
    'stop once this many users are confirmed in Cassandra; the last line is one JSON object',
  )
  .option('--fresh', 'forget the data of earlier runs')
  .action(async ({ records, fresh = false }: Options) => {
    if (records !== undefined && !/^[1-9]\d{0,8}$/.test(records))
      throw new ConfigError(['--records: needs a whole number of users, 1 or more']);
    const complete = await runFlow({
      fresh,
      signal: shutdownSignal((code) => process.exit(code)),
      env: process.env,
      ...(records === undefined ? {} : { records: Number(records) }),
    });
    if (!complete) process.exitCode = 1;
  });

process.exit(await runProgram(program, process.argv));
