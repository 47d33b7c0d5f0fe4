import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const cwd = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

it('the example of the README prints what it says', async () => {
  const readme = await readFile(`${cwd}/README.md`, 'utf8');
  const example = /```ts\n([^]*?)```/
    .exec(readme)![1]!
    .replace('http://127.0.0.1:8081', process.env.SCHEMA_REGISTRY_URL ?? '')
    .replaceAll('orders-value', `orders-${randomUUID()}-value`);
  const args = ['--conditions=@sluice/source', '--input-type=module-typescript', '--eval', example];
  const { stdout } = await run(process.execPath, args, { cwd });
  expect(readme).toContain(`prints \`${stdout.trim().replace('\n', '`, then `')}\``);
});

it('an idle client takes no CPU and lets its process end', async () => {
  const program = fileURLToPath(new URL('../idle-process.mjs', import.meta.url));
  const { stdout } = await run(process.execPath, ['--conditions=@sluice/source', program], {
    cwd,
    timeout: 20_000,
  });
  const { cpuMs, endedAfterMs } = JSON.parse(stdout) as { cpuMs: number; endedAfterMs: number };
  expect(cpuMs).toBeLessThan(100);
  expect(endedAfterMs).toBeLessThan(1_000);
});
