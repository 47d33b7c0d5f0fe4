import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { FaultStack, type StackKind, stackKinds } from './fault-stack.ts';
import { skipped } from './ram-disk.ts';
import { notRun, runScenario, type RunResult } from './run-scenario.ts';
import type { Form, Scenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';
import { table } from './table.ts';

interface Options {
  readonly only?: readonly string[];
  readonly runs: number;
  readonly parallel: number;
  readonly long?: boolean;
  readonly allowSkip?: boolean;
  readonly results: string;
  readonly report?: boolean;
}

const resultsDir = join(import.meta.dirname, '..', 'results');

const program = new Command('test:faults')
  .description(
    'Breaks real services and our apps on purpose, and checks that nothing is lost and nothing wrong. Without options: every\n' +
      'scenario once, in its short form. Exits with 0 only if every line holds.',
  )
  .option('--only <letters>', 'some scenarios, as a,c', someScenarios)
  .option('--runs <number>', 'how often each', wholeNumber, 1)
  .option(
    '--parallel <number>',
    'how many scenarios at a time, where they do not end the services',
    wholeNumber,
    1,
  )
  .option('--long', 'outages of 60 s in place of 10 s, and in scenario o a steady run of 30 minutes')
  .option('--allow-skip', 'pass where a scenario cannot be tried here, since it needs root')
  .option('--results <file>', 'gets a line for each run', join(resultsDir, 'faults.jsonl'))
  .option('--report', 'show the table of all runs in the results file, and run nothing')
  .parse();
const {
  only,
  runs,
  parallel,
  long = false,
  allowSkip = false,
  results: file,
  report = false,
} = program.opts<Options>();
const form: Form = long ? { outageMs: 60_000, soakMs: 1_800_000 } : { outageMs: 10_000, soakMs: 0 };

const results = report ? readResults(file) : await runAll();
const failed = results.filter(({ problems }) => problems.length > 0).length;
console.log(table(results));
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && results.length > 0 ? 0 : 1);

async function runAll(): Promise<RunResult[]> {
  const interrupted = new AbortController();
  const running = new Set<Promise<FaultStack>>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      interrupted.abort();
      // the apps end with this process
      const stopped = [...running].map(async (starting) => (await starting).stop());
      void Promise.allSettled(stopped).finally(() => process.exit(130));
    });
  mkdirSync(dirname(resolve(file)), { recursive: true });
  const done: RunResult[] = [];
  const wanted = scenarios.filter(({ letter }) => only?.includes(letter) ?? true);
  const add = (result: RunResult) => {
    appendFileSync(file, `${JSON.stringify(result)}\n`);
    done.push(result);
  };

  /** Runs on services of one kind what needs them: each scenario so often, so many at a time. */
  const runOn = async (kind: StackKind, ofKind: readonly Scenario[], runsOfEach: readonly number[]) => {
    console.log(`== services: ${kind}`);
    const starting = FaultStack.start(kind, progress, interrupted.signal);
    running.add(starting);
    const services = await starting.catch((error: unknown) => {
      if (interrupted.signal.aborted) return;
      const reason = (error as Error).message;
      console.log(`not run: ${ofKind.map(({ letter }) => letter).join(', ')}  ${reason}`);
      if (!allowSkip || !reason.startsWith(skipped))
        for (const scenario of ofKind) add(notRun(scenario, form, reason));
    });
    if (!services) return;
    const left = ofKind.flatMap((scenario) => runsOfEach.map((run) => ({ scenario, run })));
    const runLeft = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const { scenario, run } = next;
        const logDir = join(resultsDir, 'logs', `${scenario.letter}-${run}`);
        const result = await runScenario(scenario, services, { form, logDir });
        add(result);
        say(result, logDir);
      }
    };
    // only what leaves the services as they are can share them at the same time
    const lanes = kind === 'single' ? Math.max(parallel - 1, 1) : 1;
    await Promise.all(Array.from({ length: lanes }, runLeft)).finally(() => services.stop());
    running.delete(starting);
  };

  const runKinds = async (kinds: readonly StackKind[]) => {
    for (const kind of kinds) {
      const ofKind = wanted.filter(({ stack }) => stack === kind);
      const all = Array.from({ length: runs }, (_, index) => index + 1);
      // a disk that was full once may be left with too little room for another run
      const starts = kind === 'small-disks' ? all.map((run) => [run]) : [all];
      if (ofKind.length > 0) for (const ofStart of starts) await runOn(kind, ofKind, ofStart);
    }
  };
  const side = parallel > 1 ? [['single'] as const, ['cluster', 'small-disks'] as const] : [stackKinds];
  await Promise.all(side.map(runKinds));
  return done;
}

function say({ scenario, name, seconds, problems }: RunResult, logDir: string): void {
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${scenario}  ${name} (${seconds} s)`);
  for (const problem of problems) console.log(`     ${problem}`);
  if (problems.length > 0) console.log(`     logs: ${logDir}`);
}

function progress(line: string): void {
  console.error(line);
}

function readResults(path: string): RunResult[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunResult);
}

function someScenarios(text: string): readonly string[] {
  const letters = text.split(',').map((letter) => letter.trim());
  const known = scenarios.map(({ letter }) => letter);
  const unknown = letters.filter((letter) => !known.includes(letter));
  if (unknown.length === 0) return letters;
  throw new InvalidArgumentError(`There is no scenario ${unknown.join(', ')}, only ${known.join(', ')}.`);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It needs a whole number from 1 on.');
  return Number(text);
}
