import { ConfigError, runProgram, shutdownSignal } from '@sluice/app-runtime';
import { Command } from 'commander';
import { EXTRAS, isExtra } from './extras.ts';
import { runFlow, type Writer, WRITERS } from './flow.ts';

interface Options {
  readonly records?: string;
  readonly fresh?: boolean;
  readonly writer: string;
  readonly with?: readonly string[];
}

const program = new Command('npm start --')
  .description(
    'Starts what is missing and runs the whole pipeline: RandomUser API -> producer -> Kafka -> writer -> Cassandra.\n' +
      'Ctrl-C stops everything; the data is kept for the next start.',
  )
  .option(
    '--records <count>',
    'stop once this many users are confirmed in Cassandra; the last line is one JSON object',
  )
  .option('--fresh', 'forget the data of earlier runs')
  .option(
    '--writer <name>',
    `what writes into Cassandra: ${WRITERS.join(' or ')}, the Spark job; needs Python 3.11`,
    'stream-writer',
  )
  .option(
    '--with <names>',
    `what else is started: ${EXTRAS.join(', ')}; several with commas; needs Python 3.11`,
    (names: string) => names.split(',').map((name) => name.trim()),
  )
  .action(async ({ records, fresh = false, writer, with: extras = [] }: Options) => {
    const problems = [
      ...(records !== undefined && !/^[1-9]\d{0,8}$/.test(records)
        ? ['--records: needs a whole number of users, 1 or more']
        : []),
      ...(isWriter(writer) ? [] : [`--writer: ${writer} is none of ${WRITERS.join(', ')}`]),
      ...extras
        .filter((name) => !isExtra(name))
        .map((name) => `--with: ${name} is none of ${EXTRAS.join(', ')}`),
    ];
    if (problems.length > 0 || !isWriter(writer)) throw new ConfigError(problems);
    const complete = await runFlow({
      fresh,
      writer,
      extras: extras.filter(isExtra),
      signal: shutdownSignal((code) => process.exit(code)),
      env: process.env,
      ...(records === undefined ? {} : { records: Number(records) }),
    });
    if (!complete) process.exitCode = 1;
  });

function isWriter(name: string): name is Writer {
  return WRITERS.some((writer) => writer === name);
}

process.exit(await runProgram(program, process.argv, process.env));
