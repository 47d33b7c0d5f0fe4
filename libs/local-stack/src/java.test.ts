import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { javaMajor, requireJava } from './java.ts';

/** A JDK folder whose java says that it is of this version. */
async function jdk(version: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-jdk-'));
  onTestFinished(() => rm(home, { recursive: true }));
  await mkdir(join(home, 'bin'));
  await writeFile(join(home, 'bin', 'java'), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
  await chmod(join(home, 'bin', 'java'), 0o755);
  return home;
}

const versions = { service: 'Cassandra 5', from: 17, before: 24 };

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_402"', 8],
  ['Picked up JAVA_TOOL_OPTIONS: -Dx\nopenjdk version "25" 2025-09-16', 25],
  ['no such thing', undefined],
])('reads the major version from %j', (output, major) => {
  expect(javaMajor(output)).toBe(major);
});

test.each(['17.0.15', '21.0.2', '23'])('takes JDK %s', async (version) => {
  const home = await jdk(version);
  expect(await requireJava(home, versions)).toBe(join(home, 'bin', 'java'));
});

test.each(['11.0.2', '1.8.0_402', '24', '25.0.1'])(
  'refuses JDK %s and says what to install',
  async (version) => {
    await expect(requireJava(await jdk(version), versions)).rejects.toMatchObject({
      code: 'java-unsupported',
      message: expect.stringMatching(/Cassandra 5 needs JDK 17 to 23, but .* is \d+: install JDK 17 \(/),
    });
  },
);

test('says what to install when there is no java', async () => {
  await expect(requireJava('/nowhere', versions)).rejects.toMatchObject({
    code: 'java-missing',
    message: expect.stringContaining('/nowhere/bin/java cannot be run: install JDK 17'),
  });
});
