interface Node {
  readonly address: string;
}

/** What is asked of the driver. */
export interface Ring {
  readonly hosts: { readonly length: number };
  /** The nodes with a copy of a partition; null where the keyspace is not known. */
  getReplicas(keyspace: string, partitionKey: Buffer): readonly Node[] | null;
}

/** Tells which partitions live on the same replicas, by numbers. */
export class ReplicaGroups {
  readonly #ring: Ring;
  readonly #keyspace: string;
  /** The driver keeps one array for each token range, so that a look-up is mostly one of identity. */
  readonly #numbers = new WeakMap<readonly Node[], number>();
  readonly #numberOfNodes = new Map<string, number>();

  constructor(ring: Ring, keyspace: string) {
    this.#ring = ring;
    this.#keyspace = keyspace;
  }

  /**
   * Whether every partition lives on the same replicas: there is one node, or each node has a copy of all.
   * Also where the keyspace is not known (yet): then batches are only less efficient.
   */
  allShared(partitionKey: Buffer): boolean {
    const nodes = this.#ring.hosts.length;
    return nodes === 1 || (this.#replicas(partitionKey)?.length ?? nodes) === nodes;
  }

  /** Equal for partitions on the same replicas. */
  of(partitionKey: Buffer): number {
    const replicas = this.#replicas(partitionKey);
    return replicas ? this.#number(replicas) : 0;
  }

  #number(replicas: readonly Node[]): number {
    const known = this.#numbers.get(replicas);
    if (known !== undefined) return known;
    const nodes = replicas
      .map(({ address }) => address)
      .sort()
      .join();
    const number = this.#numberOfNodes.get(nodes) ?? this.#numberOfNodes.size + 1;
    this.#numberOfNodes.set(nodes, number);
    this.#numbers.set(replicas, number);
    return number;
  }

  #replicas(partitionKey: Buffer): readonly Node[] | null {
    return this.#ring.getReplicas(this.#keyspace, partitionKey);
  }
}

/** The partition key as the partitioner hashes it: the value, or for several each with its length around it. */
export function partitionKeyBytes(values: readonly Buffer[]): Buffer {
  const [only] = values;
  if (values.length === 1 && only) return only;
  const parts: Buffer[] = [];
  for (const value of values) {
    const length = Buffer.allocUnsafe(2);
    length.writeUInt16BE(value.length & 0xffff);
    parts.push(length, value, endOfComponent);
  }
  return Buffer.concat(parts);
}

const endOfComponent = Buffer.from([0]);
