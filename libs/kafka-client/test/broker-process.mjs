// Runs a Kafka broker with listeners of its own for one test file, see own-broker.ts: takes its settings as JSON in the first argument,
// prints "ready", and stops when its standard input ends, which it does however the tests end.
// Needs: node --conditions=@sluice/source.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Not a plain import: local-stack itself is built on kafka-client, and the workspace must not see a circle in that.
const localStack = new URL('../../local-stack/', import.meta.url).href;
const { startStack } = await import(new URL('src/index.ts', localStack).href);
const { kafkaNodes } = await import(new URL('src/kafka.ts', localStack).href);

const { properties, scramUsers, files } = JSON.parse(process.argv[2]);
const giveUp = new AbortController();
const ended = new Promise((resolve) => process.stdin.resume().once('close', resolve)).then(() =>
  giveUp.abort(),
);
process.on('SIGINT', () => undefined);

const [kafka] = kafkaNodes({ properties });

/** The broker of local-stack, with users and files that its configuration names. */
const ownKafka = {
  ...kafka,
  prepare(context) {
    const run = async (command) => {
      for (const [name, content] of Object.entries(files))
        await writeFile(join(context.dataDir, name), content);
      const scram = scramUsers.flatMap((user) => ['--add-scram', user]);
      await context.run({ ...command, args: [...command.args, ...scram] });
    };
    return kafka.prepare({ ...context, run });
  },
};

const dataDir = await mkdtemp(join(tmpdir(), 'sluice-broker-'));
try {
  const stack = await startStack({
    services: [ownKafka],
    ports: { kafka: Number(process.argv[3]) },
    dataDir,
    javaHome: process.env.JAVA_HOME || undefined,
    signal: giveUp.signal,
  });
  console.log('ready');
  await ended;
  // Its data is thrown away: no need to wait for an orderly end.
  for (const { pid } of stack.services) process.kill(pid, 'SIGKILL');
  await stack.stop();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
  process.stdin.destroy();
}
