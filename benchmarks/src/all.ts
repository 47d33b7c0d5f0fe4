import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { progress } from './command.ts';
import { withTables, writerChart } from './performance-page.ts';
import { type Report, resultsDir } from './report.ts';

/** The short ones first. */
const benchmarks = [
  'codec',
  'engine',
  'workers',
  'producer',
  'idle',
  'latency',
  'audit',
  'growth',
  'writer',
  'spark',
];
const docs = join(import.meta.dirname, '..', '..', 'docs');

const { only = benchmarks, fromResults = false } = new Command('npx nx run benchmarks:all --')
  .description(
    'Runs every benchmark as it is by default, one after the other, about three quarters of an hour in all, and writes the tables of docs/performance.md\n' +
      'and its chart. Exit code 1 where one has failed or missed a goal; the others are written all the same.',
  )
  .option('--only <names...>', `some of them: ${benchmarks.join(', ')}`)
  .option('--from-results', 'run none, and write what the last runs have left in benchmarks/results')
  .parse()
  .opts<{ only?: readonly string[]; fromResults?: boolean }>();

const unknown = only.filter((name) => !benchmarks.includes(name));
if (unknown.length > 0) {
  console.error(`unknown benchmark ${unknown.join(', ')}: there are ${benchmarks.join(', ')}`);
  process.exit(78);
}
const broken = fromResults ? [] : only.filter((name) => !runs(name));
const reports = only.flatMap((name): Report[] => {
  const file = join(resultsDir, `${name}.json`);
  return existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8')) as Report] : [];
});
const page = join(docs, 'performance.md');
writeFileSync(page, withTables(readFileSync(page, 'utf8'), reports));
const writer = reports.find(({ benchmark }) => benchmark === 'writer');
if (writer) writeFileSync(join(docs, 'performance.svg'), writerChart(writer));
const missed = reports.filter(({ verdicts }) => verdicts.some(({ met }) => !met));
const failed = [...new Set([...broken, ...missed.map(({ benchmark }) => benchmark)])];
console.log(`docs/performance.md has the tables of ${reports.map(({ benchmark }) => benchmark).join(', ')}`);
console.log(failed.length === 0 ? 'all: goals met' : `all: failed or missed goals: ${failed.join(', ')}`);
if (failed.length > 0) process.exitCode = 1;

function runs(name: string): boolean {
  progress(`benchmark ${name}`);
  const file = join(import.meta.dirname, `${name}.ts`);
  const { status } = spawnSync(process.execPath, ['--conditions=@sluice/source', file], { stdio: 'inherit' });
  return status === 0;
}
