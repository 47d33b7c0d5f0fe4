import { ConfigError, parseDuration, runProgram, shutdownSignal } from '@sluice/app-runtime';
import { Command } from 'commander';
import { loadConfig, settingsHelp } from './config.ts';
import { KeysFile } from './keys-file.ts';
import { produce } from './produce.ts';

interface RunOptions {
  readonly count?: string;
  readonly duration?: string;
  readonly keys?: string;
  readonly json?: boolean;
}

/** A longer timer of Node goes off at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The command line of the producer; returns the exit code. */
export function producer(argv: readonly string[]): Promise<number> {
  const signal = shutdownSignal((code) => process.exit(code));
  const program = new Command('producer')
    .description('Publishes users of the RandomUser API to a Kafka topic.')
    .addHelpText('after', settingsHelp);

  program
    .command('serve')
    .description('poll the source and publish until stopped; SIGTERM sends what was fetched and exits')
    .option('--keys <file>', 'append the uuid of each acknowledged user to this file, one a line')
    .option('--json', 'print a summary as one JSON line at the end')
    .action((options: RunOptions) => produce(loadConfig(process.env), { ...output(options), signal }));

  program
    .command('run')
    .description('publish once: a number of users, or for some time')
    .option('--count <users>', 'publish this many users, then exit')
    .option('--duration <time>', 'publish for this long, such as 60s or 5m, then exit')
    .option('--keys <file>', 'append the uuid of each acknowledged user to this file, one a line')
    .option('--json', 'print a summary as one JSON line at the end')
    .action((options: RunOptions) => {
      const { config, ...bounds } = checked(options);
      return produce(config, { ...bounds, ...output(options), signal });
    });

  return runProgram(program, argv, process.env);
}

/** Settings and options of `run`; the problems of both are reported together. */
function checked(options: RunOptions) {
  const problems: string[] = [];
  const bounds = boundsOf(options, problems);
  try {
    const config = loadConfig(process.env);
    if (problems.length === 0) return { config, ...bounds };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  throw new ConfigError(problems);
}

function boundsOf({ count, duration }: RunOptions, problems: string[]) {
  if (count === undefined && duration === undefined)
    problems.push('run needs --count or --duration (or use serve)');
  if (count !== undefined && !/^[1-9]\d{0,9}$/.test(count))
    problems.push('--count: needs a whole number of users, 1 or more');
  const durationMs = duration === undefined ? undefined : Math.ceil(parseDuration(duration) ?? 0);
  if (durationMs !== undefined && (durationMs < 1 || durationMs > MAX_TIMER_MS))
    problems.push('--duration: needs a time such as 60s or 5m, at most 24d');
  return {
    ...(count === undefined ? {} : { count: Number(count) }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

function output({ keys, json = false }: RunOptions) {
  return { json, ...(keys === undefined ? {} : { keys: new KeysFile(keys) }) };
}
