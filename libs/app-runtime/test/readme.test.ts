import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const cwd = fileURLToPath(new URL('..', import.meta.url));

async function example() {
  const readme = await readFile(`${cwd}/README.md`, 'utf8');
  const code = /```ts\n([^]*?)```/.exec(readme)![1]!;
  const options = ['--conditions=@sluice/source', '--input-type=module-typescript', '--eval', code];
  // --eval takes the place of the program's path in argv
  const run = (env: Record<string, string>) =>
    promisify(execFile)(process.execPath, [...options, '--', 'greeter', 'run'], {
      cwd,
      env: { ...process.env, ...env },
    });
  return { readme, run };
}

it('the example of the README prints what it says', async () => {
  const { readme, run } = await example();
  const { stdout } = await run({ PATIENCE: '5s', KAFKA_BROKERS: '127.0.0.1:9092' });
  expect(readme).toContain(`it prints \`${stdout.trim()}\``);
});

it('the example of the README refuses what it says, with exit code 78', async () => {
  const { readme, run } = await example();
  const failure: unknown = await run({ PATIENCE: '5', KAFKA_BROKERS: 'kafka' }).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 78 });
  const { stderr } = failure as { stderr: string };
  const indented = stderr.trim().replaceAll(/^/gm, '    ');
  expect(readme).toContain(indented);
});
