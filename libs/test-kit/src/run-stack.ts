// Runs the services named by the arguments on free ports and a temporary folder, for tests: prints the environment that leads to them
// as one JSON line, and stops and forgets them when its standard input ends, which it does however the process ends that started
// this one.
// SLUICE_TEST_SERVICES=zookeeper: with the Kafka that needs ZooKeeper; containers: as containers, or {"skipped": why} where no engine
// answers.
// Needs: node --conditions=@sluice/source, so that the libraries run from their sources.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerEngineAnswers, startContainers, startStack } from '@sluice/local-stack';
import { stackEnvironment, type StackService } from './stack-environment.ts';

const noEngine = 'no container engine answers (DOCKER_HOST, or the usual socket)';

const giveUp = new AbortController();
const ended = new Promise((resolve) => process.stdin.resume().once('close', resolve));
const terminated = new Promise((resolve) => process.once('SIGTERM', resolve));
// A Ctrl-C is for the process that runs the tests; this one ends with it.
process.on('SIGINT', () => undefined);
const finished = Promise.race([ended, terminated]).then(() => {
  giveUp.abort();
});

const dataDir = await mkdtemp(join(tmpdir(), 'sluice-test-'));
try {
  const stack = await start(process.argv.slice(2) as StackService[]);
  console.log(JSON.stringify(stack ? stackEnvironment(stack.endpoints) : { skipped: noEngine }));
  if (stack) {
    await finished;
    await stack.stop();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
  process.stdin.destroy();
}

/** Undefined where there are to be containers and no engine answers. */
async function start(services: readonly StackService[]) {
  const onProgress = (message: string) => {
    console.error(message);
  };
  if (process.env.SLUICE_TEST_SERVICES === 'containers')
    return (await containerEngineAnswers()) ? startContainers({ services, onProgress }) : undefined;
  return startStack({
    services,
    dataDir,
    kafka: { zookeeper: process.env.SLUICE_TEST_SERVICES === 'zookeeper' },
    javaHome: process.env.JAVA_HOME || undefined,
    onProgress,
    signal: giveUp.signal,
  });
}
