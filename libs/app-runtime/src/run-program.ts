import { printable, redactUrls } from '@sluice/telemetry';
import type { Command, CommanderError } from 'commander';
import { outliveReaders } from './closed-output.ts';
import { reachLoopbackDirectly } from './direct-loopback.ts';
import { ConfigError } from './errors.ts';
import { describeError } from './setting-hints.ts';

export const exitCodes = { success: 0, failure: 1, badConfiguration: 78 } as const;

/**
 * Runs a command line and returns the exit code of the process: 0, 78 for configuration or options that are not valid (every
 * problem listed), 1 with one message for anything else. A reader of stdout or stderr that has gone changes none of it.
 *
 * @param env of the process; apps give `process.env`. A proxy in it is not used for addresses of this machine
 */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  outliveReaders();
  reachLoopbackDirectly(env);
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync(argv);
    return Number(process.exitCode ?? exitCodes.success);
  } catch (error) {
    // commander has printed its help or its complaint already
    if (isCommanderError(error)) return error.exitCode === 0 ? exitCodes.success : exitCodes.badConfiguration;
    const message = printable(redactUrls(describeError(error)), { lines: true });
    process.stderr.write(`${program.name()}: ${message}\n`);
    return error instanceof ConfigError ? exitCodes.badConfiguration : exitCodes.failure;
  }
}

/** By its code: the program may bring a commander of its own. */
function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}
