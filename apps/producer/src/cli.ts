import { ConfigError, parseDuration, runProgram, shutdownSignal } from '@sluice/app-runtime';
import { Command } from 'commander';
import { loadConfig, settingsHelp } from './config.ts';
import { produce } from './produce.ts';

interface RunOptions {
  readonly count?: string;
  readonly duration?: string;
  readonly keys?: string;
  readonly json?: boolean;
}

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
    .action(({ keys, json }: RunOptions) =>
      produce(loadConfig(process.env), { signal, json: json ?? false, ...(keys ? { keys } : {}) }),
    );

  program
    .command('run')
    .description('publish once: a number of users, or for some time')
    .option('--count <users>', 'publish this many users, then exit')
    .option('--duration <time>', 'publish for this long, such as 60s or 5m, then exit')
    .option('--keys <file>', 'append the uuid of each acknowledged user to this file, one a line')
    .option('--json', 'print a summary as one JSON line at the end')
    .action((options: RunOptions) => {
      const { keys, json } = options;
      return produce(loadConfig(process.env), {
        ...limits(options),
        signal,
        json: json ?? false,
        ...(keys ? { keys } : {}),
      });
    });

  return runProgram(program, argv);
}

function limits({ count, duration }: RunOptions): { count?: number; durationMs?: number } {
  const problems: string[] = [];
  if (count === undefined && duration === undefined)
    problems.push('run needs --count or --duration (or use serve)');
  if (count !== undefined && !/^[1-9]\d{0,9}$/.test(count))
    problems.push('--count: needs a whole number of users, 1 or more');
  const durationMs = duration === undefined ? undefined : parseDuration(duration);
  if (duration !== undefined && !durationMs) problems.push('--duration: needs a time such as 60s or 5m');
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    ...(count === undefined ? {} : { count: Number(count) }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}
