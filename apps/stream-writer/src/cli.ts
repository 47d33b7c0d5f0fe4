import { runProgram, shutdownSignal } from '@sluice/app-runtime';
import { Command, Option } from 'commander';
import { atLeastOne, each, instantArgument, stageArgument, wholeNumber } from './arguments.ts';
import { type AuditCommandOptions, auditTable, memorySize, sampleSize } from './audit.ts';
import { check } from './check.ts';
import { loadConfig, settingsHelp, shareOf } from './config.ts';
import { migrateAll } from './migrate.ts';
import { offsets, type OffsetsOptions, offsetTarget } from './offsets.ts';
import { redrive, type RedriveCommandOptions } from './redrive.ts';
import { writeAsWorker } from './worker.ts';
import { writeByWorkers } from './workers.ts';
import { write, type WriteOptions } from './write.ts';

/** The command line of the writer; returns the exit code. */
export function streamWriter(argv: readonly string[]): Promise<number> {
  const signal = shutdownSignal((code) => process.exit(code));
  const program = new Command('stream-writer')
    .description('Writes the records of a Kafka topic into Cassandra and commits only what is stored.')
    .addHelpText('after', settingsHelp);

  const writing = (name: 'serve' | 'drain', description: string) =>
    program
      .command(name)
      .description(description)
      .option('--workers <number>', 'processes that share the partitions', atLeastOne, 1)
      .addOption(new Option('--worker <number>').argParser(atLeastOne).hideHelp())
      .option('--json', 'print a summary as one JSON line at the end');

  writing(
    'serve',
    'write until stopped; SIGTERM finishes what is in flight, commits and leaves the group',
  ).action((options: WritingFlags) => start('stopped', options, signal));

  writing('drain', 'write up to the current end of the topic, then exit')
    .option('--wait-transactions', waitTransactions)
    .action((options: WritingFlags) => start('end', options, signal));

  program
    .command('migrate')
    .description(
      'create what is missing: topics, keyspace, table, columns, compatibility level; never drops or changes what is there',
    )
    .option('--check', 'only look; exit 1 where something is missing, naming what mends it')
    .option('--json', 'print what was found and done as one JSON line')
    .action(({ check: onlyLook = false, json = false }: { check?: boolean; json?: boolean }) =>
      (onlyLook ? check : migrateAll)(loadConfig(process.env), { json, signal }),
    );

  program
    .command('offsets')
    .description('show where the group stands in each partition, or move it while no writer runs')
    .option(
      '--to <where>',
      'earliest, latest, an offset, or an instant such as 2026-11-22T18:00:00Z: show what that reads again or skips',
      offsetTarget,
    )
    .option('--partition <number>', 'only this one; may be given several times', each(wholeNumber))
    .option('--yes', 'do what --to shows')
    .option('--json', 'print the result as one JSON line')
    .action(({ yes = false, json = false, ...options }: Partial<OffsetsOptions>) => {
      if (yes && !options.to) program.error('error: --yes needs --to');
      return offsets(loadConfig(process.env), { ...options, yes, json, signal });
    });

  program
    .command('audit')
    .description('prove that the table is what the topic makes it; exit 1 where it is not')
    .option(
      '--since <instant>',
      'only by records from then on, such as 2026-11-22T18:00:00Z',
      instantArgument,
    )
    .option('--sample <part>', 'only some of the keys: a share such as 1%, or about a number', sampleSize)
    .option('--memory <size>', 'for the keys of one pass over the topic [256MiB]', memorySize)
    .option('--limit <number>', 'damages to list; all are counted [100]', wholeNumber)
    .option('--repair', 'repair what can be repaired; needs writers stopped and no lag')
    .option('--wait-transactions', waitTransactions)
    .option('--json', 'print the report as one JSON line')
    .action(({ repair = false, waitTransactions: wait = false, json = false, ...options }: AuditFlags) =>
      auditTable(loadConfig(process.env), { ...options, repair, waitTransactions: wait, json, signal }),
    );

  program
    .command('redrive')
    .description('send dead letters back to their partitions; what was written since stays newer')
    .option('--list', 'show the letters by stage and code, and send none')
    .option(
      '--code <code>',
      'only this error code, as bad-json or age:*; may be given several times',
      each(String),
    )
    .option(
      '--stage <stage>',
      'only decode, transform, write or source; may be given several times',
      each(stageArgument),
    )
    .option('--since <instant>', 'only letters from then on, such as 2026-11-22T18:00:00Z', instantArgument)
    .option('--until <instant>', 'only letters before then', instantArgument)
    .option('--key <key>', 'only the letters of this uuid')
    .option('--max-redrives <number>', 'park a record that was sent back so often', atLeastOne, 3)
    .option('--rate <number>', 'records a second, at most', atLeastOne)
    .option('--dry-run', 'only say what would be sent')
    .option('--restart', 'begin anew with the oldest letter, not where the last run with this filter ended')
    .option(
      '--former-topics',
      'send the dead letters of earlier topics of this name, which were deleted, and only those, by key',
    )
    .option('--force', 'send also what is older than deletes are remembered (gc_grace_seconds)')
    .option('--json', 'print the result as one JSON line')
    .action((given: RedriveFlags) => {
      const off = {
        ...{ list: false, dryRun: false, restart: false },
        ...{ formerTopics: false, force: false, json: false },
      };
      return redrive(loadConfig(process.env), { ...off, ...given, signal });
    });

  return runProgram(program, argv, process.env);
}

const waitTransactions =
  'wait for records that open transactions hold back now; without it they are counted, and left to the next run';

type AuditFlags = Partial<AuditCommandOptions>;

interface WritingFlags {
  /** Of drain alone. */
  readonly waitTransactions?: boolean;
  readonly workers: number;
  /** Set by the process that starts workers: which of them this one is. */
  readonly worker?: number;
  readonly json?: boolean;
}

function start(
  until: WriteOptions['until'],
  { workers, worker, waitTransactions: waitForTransactions = false, json = false }: WritingFlags,
  signal: AbortSignal,
): Promise<void> {
  const config = loadConfig(process.env);
  const run = { until, waitForTransactions, signal };
  if (worker !== undefined) return writeAsWorker(shareOf(config, workers), { ...run, number: worker });
  if (workers > 1) return writeByWorkers(config, { ...run, workers, json });
  return write(config, { ...run, json });
}

/** What commander leaves out where it is not given. */
type RedriveFlags = Partial<RedriveCommandOptions> & Pick<RedriveCommandOptions, 'maxRedrives'>;
