/**
 * An environment in which programs read, write and compare text alike whatever the user's locale is: under a Turkish one Kafka does not
 * start, since it makes names upper case by it, and with LANG=C a JVM cannot open a path that is not ASCII.
 */
export function withFixedLocale(env: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(
    ([name]) => !/^(LANG|LANGUAGE|LC_.*|PYTHONIOENCODING)$/.test(name),
  );
  return { ...Object.fromEntries(others), LC_ALL: 'C.UTF-8', PYTHONUTF8: '1' };
}

/** The same for what a JVM takes from elsewhere, such as the settings of macOS. */
export const JVM_LOCALE: readonly string[] = [
  '-Duser.language=en',
  '-Duser.country=US',
  '-Dfile.encoding=UTF-8',
];
