import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the peak of a process is not that of the larger one that started it', () => {
  const held = Buffer.alloc(300 * 1024 * 1024, 1);
  const file = join(import.meta.dirname, 'peak-rss.ts');
  const program = `import { peakRssMb } from ${JSON.stringify(file)}; console.log(peakRssMb())`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  const peak = Number(stdout);
  expect(stderr).toBe('');
  expect(peak).toBeGreaterThan(20);
  expect(peak).toBeLessThan(held.length / 1024 / 1024);
});
