import { spawn } from 'node:child_process';
import type { StackEndpoints } from '@sluice/local-stack';
import { appCommand } from './workspace.ts';

/** The environment that leads the apps to the services. */
export function serviceEnvironment({
  kafka,
  cassandra,
  schemaRegistry,
}: StackEndpoints): Record<string, string> {
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

/** Creates topics and tables as the writer wants them. What the writer says goes to stderr when it fails. */
export async function migrate(
  endpoints: StackEndpoints,
  environment: Readonly<NodeJS.ProcessEnv>,
  signal?: AbortSignal,
): Promise<void> {
  const { file, args, cwd } = appCommand('stream-writer', 'migrate');
  const child = spawn(file, args, {
    cwd,
    env: { ...environment, ...serviceEnvironment(endpoints) },
    // The channel lets it see us end: it must not wait for services that go with us.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(signal && { signal }),
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new Error(
      `the services run, but stream-writer migrate failed (exit code ${code ?? 'none'}):\n${output.trimEnd()}`,
    );
  }
}
