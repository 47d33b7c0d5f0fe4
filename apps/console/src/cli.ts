import { runProgram, shutdownSignal } from '@sluice/app-runtime';
import { Command } from 'commander';
import { loadConfig, settingsHelp } from './config.ts';
import { serve } from './serve.ts';

/** The command line of the console; returns the exit code. */
export function console(argv: readonly string[]): Promise<number> {
  const signal = shutdownSignal((code) => process.exit(code));
  const program = new Command('console')
    .description('One web page that shows the whole pipeline live and mends it.')
    .addHelpText('after', settingsHelp);
  program
    .command('serve')
    .description('serve the page and its interface until stopped')
    .option('--json', 'print the address as one JSON line once it is served')
    .action(({ json = false }: { json?: boolean }) => serve(loadConfig(process.env), { json, signal }));
  return runProgram(program, argv, process.env);
}
