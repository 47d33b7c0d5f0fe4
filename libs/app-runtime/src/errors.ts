/** The configuration has problems, all of them named. Programs end with exit code 78. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'bad-configuration';
  readonly retryable = false;
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** The program was asked to stop while a server had not answered yet. `cause` is the last failure, where there was one. */
export class StoppedWaitingError extends Error {
  override readonly name = 'StoppedWaitingError';
  readonly code = 'stopped-waiting';
  readonly retryable = true;
}
