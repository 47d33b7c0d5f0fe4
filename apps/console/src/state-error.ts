interface StateErrorOptions {
  /** What a person can do about it. */
  readonly action: string;
  readonly cause?: unknown;
}

/** A file of the console's state folder that cannot be used: which, why, and what to do. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly code = 'state-unusable';
  readonly retryable = false;
  readonly problem: string;
  readonly action: string;

  constructor(problem: string, { action, cause }: StateErrorOptions) {
    super(`${problem}: ${action}`, { cause });
    this.problem = problem;
    this.action = action;
  }
}

/** For a file or folder that cannot be read or written, such as on a full disk: Node's own errors do not always name it. */
export function unusable(path: string, done: 'read' | 'written', cause: unknown): StateError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  return new StateError(`${path} cannot be ${done} (${code})`, {
    action:
      code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
        ? 'free space on its disk, or set CONSOLE_STATE_DIR to a folder on another one'
        : 'give the user that runs the console the right to it, or set CONSOLE_STATE_DIR to another folder',
    cause,
  });
}
