/**
 * Aborts at the first SIGINT or SIGTERM, for the work in hand to be finished. A second one ends the process at once, with
 * exit code 1: nothing is lost by it, only redone.
 *
 * @param exit ends the process; apps give `process.exit`
 */
export function shutdownSignal(exit: (code: number) => unknown): AbortSignal {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (stop.signal.aborted) exit(1);
    stop.abort(name);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stop.signal;
}
