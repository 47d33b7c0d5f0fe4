import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('npm start', () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [
      '--conditions=@sluice/source',
      fileURLToPath(new URL('start.ts', import.meta.url)),
      ...args,
    ]);

  it('explains itself by --help, with exit code 0', async () => {
    expect((await run('--help')).stdout).toContain('Usage: npm start --');
  });

  it('refuses unknown writers and services with exit code 78, all at once, naming what there is', async () => {
    await expect(
      run('--writer', 'flink', '--with', 'airflow,kafkaesque', '--records=0'),
    ).rejects.toMatchObject({
      code: 78,
      stderr: expect.stringMatching(
        /--records: needs[^]*--writer: flink is none of stream-writer, spark[^]*--with: kafkaesque is none of spark, airflow/,
      ) as string,
      stdout: '',
    });
  });

  it.each(['0', '-1', '1.5', 'many'])(
    'refuses --records %s with exit code 78, before it starts anything',
    async (count) => {
      await expect(run(`--records=${count}`)).rejects.toMatchObject({
        code: 78,
        stderr: expect.stringContaining('--records: needs a whole number') as string,
        stdout: '',
      });
    },
  );
});
