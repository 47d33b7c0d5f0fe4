import type { Command, CommanderError } from 'commander';
import { ConfigError } from './errors.ts';

export const exitCodes = { success: 0, failure: 1, badConfiguration: 78 } as const;

/**
 * Runs a command line and returns the exit code of the process: 0, 78 for configuration or options that are not valid (every
 * problem listed), 1 with one message for anything else.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync(argv);
    return Number(process.exitCode ?? exitCodes.success);
  } catch (error) {
    // commander has printed its help or its complaint already
    if (isCommanderError(error)) return error.exitCode === 0 ? exitCodes.success : exitCodes.badConfiguration;
    process.stderr.write(`${program.name()}: ${describe(error)}\n`);
    return error instanceof ConfigError ? exitCodes.badConfiguration : exitCodes.failure;
  }
}

/** By its code: the program may bring a commander of its own. */
function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

/** The message, and for a fault in the program the stack as well. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? error.message : (error.stack ?? error.message);
}
