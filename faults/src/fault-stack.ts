import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, startStack } from '@sluice/local-stack';
import { RamDisk } from './ram-disk.ts';

/**
 * `single`: one broker, one Cassandra node and the registry. `cluster`: three brokers and three nodes. `small-disks`: one broker
 * and one node, each on a small disk of its own.
 */
export type StackKind = (typeof stackKinds)[number];
export const stackKinds = ['single', 'cluster', 'small-disks'] as const;

/** Of a small disk, MiB. */
const diskSizes = { kafka: 128, cassandra: 256 };
type Disks = Readonly<Record<keyof typeof diskSizes, RamDisk>>;

/** Permissions count, and a change of them within half a second; the superuser is cassandra, password cassandra. */
const withPermissions = {
  authenticator: 'PasswordAuthenticator',
  authorizer: 'CassandraAuthorizer',
  permissions_validity: '500ms',
  roles_validity: '500ms',
};

/**
 * What a node has acknowledged is on its disk. By default (`periodic`) a node that is killed has lost the last 100 ms of it, so that
 * records are lost where every replica is killed at the same moment, which some scenarios do.
 */
const withDurableWrites = { commitlog_sync: 'batch', commitlog_sync_period: '0ms' };

/** Real services of their own, which many scenarios use one after another. */
export class FaultStack {
  readonly kind: StackKind;
  readonly stack: Stack;
  readonly brokers: readonly string[];
  readonly cassandra: { readonly contactPoints: readonly string[]; readonly port: number };
  readonly registryUrl: string;
  readonly #dir: string;
  readonly #disks: Disks | undefined;

  static async start(kind: StackKind, onProgress: (line: string) => void, signal: AbortSignal) {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-faults-'));
    const nodes = kind === 'cluster' ? 3 : 1;
    let disks: Disks | undefined;
    try {
      if (kind === 'small-disks') disks = await mountDisks(dir);
      const stack = await startStack({
        services: kind === 'single' ? ['kafka', 'cassandra', 'schema-registry'] : ['kafka', 'cassandra'],
        dataDir: dir,
        ...(disks && { dataDirs: { kafka: disks.kafka.folder, cassandra: disks.cassandra.folder } }),
        kafka: { nodes },
        cassandra: { nodes, settings: kind === 'single' ? withPermissions : withDurableWrites },
        startTimeoutMs: 300_000,
        onProgress,
        signal,
      });
      return new FaultStack(kind, stack, { dir, disks });
    } catch (error) {
      await discard(dir, disks);
      throw error;
    }
  }

  private constructor(
    kind: StackKind,
    stack: Stack,
    { dir, disks }: { readonly dir: string; readonly disks: Disks | undefined },
  ) {
    const { kafka, cassandra, schemaRegistry } = stack.endpoints;
    if (!kafka || !cassandra) throw new Error('the stack has no Kafka or no Cassandra');
    this.kind = kind;
    this.stack = stack;
    this.brokers = kafka.brokers;
    this.cassandra = cassandra;
    this.registryUrl = schemaRegistry?.url ?? '';
    this.#dir = dir;
    this.#disks = disks;
  }

  /** Small ones; only where the stack has them. */
  get disks(): Disks {
    if (!this.#disks) throw new Error('this stack has no small disks');
    return this.#disks;
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    await discard(this.#dir, this.#disks);
  }
}

async function mountDisks(dir: string): Promise<Disks> {
  const kafka = await RamDisk.mount(join(dir, 'kafka-disk'), diskSizes.kafka);
  return { kafka, cassandra: await RamDisk.mount(join(dir, 'cassandra-disk'), diskSizes.cassandra) };
}

async function discard(dir: string, disks: Disks | undefined): Promise<void> {
  for (const disk of Object.values(disks ?? {})) await disk.unmount();
  rmSync(dir, { recursive: true, force: true });
}
