import { Command, InvalidArgumentError } from 'commander';

/** The command line of one benchmark. */
export function benchmarkCommand(name: string, description: string): Command {
  return new Command(`npx nx run benchmarks:${name} --`)
    .description(description)
    .addHelpText(
      'after',
      `\nPrints one table and writes benchmarks/results/${name}.json. The last line is the verdict; exit code 1 where a goal is missed.`,
    );
}

export function positive(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('It needs a whole number from 1 on.');
  return Number(text);
}

const started = performance.now();

/** Says on stderr what is going on, with the seconds since the start. */
export function progress(line: string): void {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
}
