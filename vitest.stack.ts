import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startStack, type BuiltInService } from './libs/local-stack/src/index.ts';

export type StackService = BuiltInService;

declare module 'vitest' {
  interface ProvidedContext {
    services: StackService[];
  }
}

/**
 * Starts the real services of a project's integration tests and names them in the environment, from which
 * the tests take them. A stack that is there already (SLUICE_TEST_STACK) is used as it is.
 */
export default async function stack(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env.SLUICE_TEST_STACK) return undefined;
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  try {
    const started = await startStack({
      services: project.config.provide.services,
      dataDir,
      javaHome: process.env.JAVA_HOME || undefined,
    });
    const { kafka, cassandra } = started.endpoints;
    if (kafka) process.env.KAFKA_BROKERS = kafka.brokers.join(',');
    if (cassandra) {
      process.env.CASSANDRA_CONTACT_POINTS = cassandra.contactPoints.join(',');
      process.env.CASSANDRA_PORT = String(cassandra.port);
    }
    return async () => {
      await started.stop();
      await rm(dataDir, { recursive: true, force: true });
    };
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}
