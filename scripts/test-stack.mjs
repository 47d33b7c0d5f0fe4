// Runs the services named by the arguments on free ports and a temporary folder, for tests: prints the environment
// that leads to them as one JSON line, and stops and forgets them when its standard input ends, which it does
// however the process ends that started this one.
// Needs: node --conditions=@sluice/source, so that the library runs from its sources.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../libs/local-stack/src/index.ts';

const giveUp = new AbortController();
const ended = new Promise((resolve) => process.stdin.resume().once('close', resolve));
const terminated = new Promise((resolve) => process.once('SIGTERM', resolve));
// A Ctrl-C is for the process that runs the tests; this one ends with it.
process.on('SIGINT', () => undefined);
const finished = Promise.race([ended, terminated]).then(() => giveUp.abort());

const dataDir = await mkdtemp(join(tmpdir(), 'sluice-test-'));
try {
  const stack = await startStack({
    services: process.argv.slice(2),
    dataDir,
    javaHome: process.env.JAVA_HOME || undefined,
    onProgress: (message) => console.error(message),
    signal: giveUp.signal,
  });
  console.log(JSON.stringify(environmentOf(stack.endpoints)));
  await finished;
  await stack.stop();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
  process.stdin.destroy();
}

function environmentOf({ kafka, cassandra, schemaRegistry }) {
  return {
    ...(kafka && { KAFKA_BROKERS: kafka.brokers.join(',') }),
    ...(cassandra && {
      CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(','),
      CASSANDRA_PORT: String(cassandra.port),
      CASSANDRA_LOCAL_DATACENTER: cassandra.localDataCenter,
    }),
    ...(schemaRegistry && { SCHEMA_REGISTRY_URL: schemaRegistry.url }),
  };
}
