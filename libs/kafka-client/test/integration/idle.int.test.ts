import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { withTopic } from '../kafka.ts';

it('an idle producer and consumer sleep, without a warning', () =>
  withTopic(async (topic) => {
    const program = fileURLToPath(new URL('../idle-process.mjs', import.meta.url));
    const run = promisify(execFile);
    const { stdout, stderr } = await run(process.execPath, ['--conditions=@sluice/source', program, topic]);
    expect(stderr).toBe('');
    expect((JSON.parse(stdout) as { timersPerSecond: number }).timersPerSecond).toBeLessThan(50);
  }));
