// A standalone Spark: a master, and a worker of two cores. Prints one JSON line, its master's URL, the file
// with its secret and its worker's pid, and stops when
// its standard input ends. Needs: node --conditions=@sluice/source.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack } from '@sluice/local-stack';

const ended = new Promise((resolve) => process.stdin.resume().once('close', resolve));
const dataDir = await mkdtemp(join(tmpdir(), 'sluice-test-'));
try {
  const stack = await startStack({
    services: ['spark'],
    dataDir,
    spark: { environment: fileURLToPath(new URL('../../.venv', import.meta.url)), memoryMiB: 1024 },
    onProgress: (message) => console.error(message),
  });
  try {
    const worker = stack.services.find(({ name }) => name === 'spark-worker');
    const { master, propertiesFile } = stack.endpoints.spark;
    console.log(JSON.stringify({ master, properties_file: propertiesFile, worker: worker.pid }));
    await ended;
  } finally {
    await stack.stop();
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
  process.stdin.destroy();
}
