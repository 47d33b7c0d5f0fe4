/** Where signals come from: `process`, or a stand-in for it. */
export interface SignalSource {
  on(event: 'SIGINT' | 'SIGTERM' | 'disconnect', listener: () => void): unknown;
}

export interface ShutdownOptions {
  /** Default: this process. */
  readonly source?: SignalSource;
  /** Clock, ms. Default: performance.now. */
  readonly now?: () => number;
}

/** A Ctrl-C reaches a program from the terminal and, within this time, once more from npm or nx above it. */
const sameCtrlCMs = 1_000;

/**
 * Aborts at the first SIGINT or SIGTERM, for the work in hand to be finished. A second one ends the process at once, with
 * exit code 1: nothing is lost by it, only redone. One Ctrl-C that arrives twice, because npm or nx pass it on, counts once.
 *
 * A program that was started with an IPC channel also stops when the channel closes, since then its parent is gone.
 *
 * @param exit ends the process; apps give `process.exit`
 */
export function shutdownSignal(
  exit: (code: number) => unknown,
  { source = process, now = () => performance.now() }: ShutdownOptions = {},
): AbortSignal {
  const stop = new AbortController();
  let first: { readonly name: string; readonly at: number } | undefined;
  const onSignal = (name: 'SIGINT' | 'SIGTERM') => () => {
    if (!first) {
      first = { name, at: now() };
      stop.abort(name);
    } else if (!isSameCtrlC(first, { name, at: now() })) exit(1);
  };
  source.on('SIGINT', onSignal('SIGINT'));
  source.on('SIGTERM', onSignal('SIGTERM'));
  source.on('disconnect', () => {
    stop.abort('the parent process is gone');
  });
  return stop.signal;
}

function isSameCtrlC(
  first: { readonly name: string; readonly at: number },
  second: { readonly name: string; readonly at: number },
): boolean {
  return (first.name === 'SIGINT' || second.name === 'SIGINT') && second.at - first.at < sameCtrlCMs;
}

/**
 * Ends the process, with exit code 1, where a stop is not over `ms` after `signal` has aborted: a server that is away must not
 * keep it alive.
 */
export function exitLate(
  signal: AbortSignal,
  { ms, exit }: { readonly ms: number; readonly exit: (code: number) => unknown },
): void {
  const arm = () => setTimeout(() => exit(1), ms);
  if (signal.aborted) arm();
  else signal.addEventListener('abort', arm, { once: true });
}
