import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@sluice/local-stack';
import { progress } from './command.ts';

export interface KafkaAlone {
  readonly brokers: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

/** Starts a Kafka for the time of one benchmark. */
export async function withKafka<T>(measure: (kafka: KafkaAlone) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-benchmark-'));
  const stack = await startStack({ services: ['kafka'], dataDir, onProgress: progress });
  try {
    const versions = Object.fromEntries(stack.services.map(({ name, version }) => [name, version]));
    return await measure({ brokers: stack.endpoints.kafka?.brokers ?? [], versions });
  } finally {
    await stack.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
