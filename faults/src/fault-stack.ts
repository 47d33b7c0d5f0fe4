import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, startStack } from '@sluice/local-stack';

/** `single`: one broker, one Cassandra node and the registry. `cluster`: three brokers and three nodes. */
export type StackKind = 'single' | 'cluster';

/** Permissions count, and a change of them within half a second; the superuser is cassandra, password cassandra. */
const withPermissions = {
  authenticator: 'PasswordAuthenticator',
  authorizer: 'CassandraAuthorizer',
  permissions_validity: '500ms',
  roles_validity: '500ms',
};

/** Real services of their own, which many scenarios use one after another. */
export class FaultStack {
  readonly kind: StackKind;
  readonly stack: Stack;
  readonly brokers: readonly string[];
  readonly cassandra: { readonly contactPoints: readonly string[]; readonly port: number };
  readonly registryUrl: string;
  readonly #dir: string;

  static async start(kind: StackKind, onProgress: (line: string) => void, signal: AbortSignal) {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-faults-'));
    const nodes = kind === 'cluster' ? 3 : 1;
    try {
      const stack = await startStack({
        services: kind === 'cluster' ? ['kafka', 'cassandra'] : ['kafka', 'cassandra', 'schema-registry'],
        dataDir: dir,
        kafka: { nodes },
        cassandra: kind === 'cluster' ? { nodes } : { settings: withPermissions },
        startTimeoutMs: 300_000,
        onProgress,
        signal,
      });
      return new FaultStack(kind, stack, dir);
    } catch (error) {
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(kind: StackKind, stack: Stack, dir: string) {
    const { kafka, cassandra, schemaRegistry } = stack.endpoints;
    if (!kafka || !cassandra) throw new Error('the stack has no Kafka or no Cassandra');
    this.kind = kind;
    this.stack = stack;
    this.brokers = kafka.brokers;
    this.cassandra = cassandra;
    this.registryUrl = schemaRegistry?.url ?? '';
    this.#dir = dir;
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
