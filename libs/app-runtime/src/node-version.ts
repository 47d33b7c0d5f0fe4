/** Exit code for configuration that is not valid (EX_CONFIG of sysexits.h), an old Node included. */
const badConfiguration = 78;

/**
 * Ends the process with one line and exit code 78 where Node is older than the libraries need. Import and call this first, and
 * the program after it by `await import()`: on an old Node its modules might not even load.
 *
 * @param exit ends the process; apps give `process.exit`
 */
export function requireNode(exit: (code: number) => unknown, atLeast: `${number}.${number}` = '22.15'): void {
  const [major = 0, minor = 0] = atLeast.split('.').map(Number);
  const [haveMajor = 0, haveMinor = 0] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  process.stderr.write(
    `Node ${atLeast} or newer is needed; this is ${process.versions.node}. Install a newer one.\n`,
  );
  exit(badConfiguration);
}
