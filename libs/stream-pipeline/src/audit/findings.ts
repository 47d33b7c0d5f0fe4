import type { ColumnDefinition, StoredRows } from '@sluice/cassandra-repository';
import type { ConsumedRecord, RecordBatch } from '@sluice/kafka-client';
import { type DamageKind, damageKinds, type Finding } from './options.ts';
import type { RecordReader, ReadVersion } from './record-reader.ts';
import { isEaten } from './retention.ts';
import type { Suspect } from './suspects.ts';
import type { Ranges } from './topic-scope.ts';

/** A suspect that was judged. */
export interface Damage extends Suspect {
  readonly kind: Exclude<DamageKind, 'unaccounted'>;
}

export interface FindingsOptions<Row extends object> {
  readonly max: number;
  readonly rows: StoredRows<Row>;
  readonly columns: readonly ColumnDefinition[];
  readonly reader: RecordReader<Row>;
  readonly read: (ranges: Ranges) => AsyncIterable<RecordBatch>;
}

/** Counts damages and describes the first ones. */
export class Findings<Row extends object> {
  readonly counts = Object.fromEntries(damageKinds.map((kind) => [kind, 0])) as Record<DamageKind, number>;
  readonly list: Finding[] = [];
  readonly #options: FindingsOptions<Row>;

  constructor(options: FindingsOptions<Row>) {
    this.#options = options;
  }

  get count(): number {
    return damageKinds.reduce((sum, kind) => sum + this.counts[kind], 0);
  }

  addUnaccounted({ partition, offset }: ConsumedRecord, code: string): void {
    this.counts.unaccounted++;
    if (this.list.length >= this.#options.max) return;
    this.list.push({
      kind: 'unaccounted',
      key: null,
      partition,
      offset,
      writeTimestamp: null,
      rowWriteTimestamp: null,
      code,
    });
  }

  /** Counts damages; reads the records of those that are listed again, to name keys and columns. */
  async add(damages: readonly Damage[]): Promise<void> {
    for (const { kind } of damages) this.counts[kind]++;
    const listed = damages.slice(0, Math.max(0, this.#options.max - this.list.length));
    const described = new Map<Damage, Finding>();
    for await (const [damage, found] of recordsOf(listed, this.#options))
      described.set(damage, await this.#describe(damage, found));
    // a record that retention has eaten meanwhile cannot be read again
    for (const damage of listed) this.list.push(described.get(damage) ?? finding(damage));
  }

  async #describe(damage: Damage, found: ReadVersion<Row>): Promise<Finding> {
    const described = { ...finding(damage), key: damage.row?.keyText ?? found.decoded.identity };
    if (damage.kind !== 'altered' && damage.kind !== 'stale') return described;
    const row = await this.#options.rows.find(found.key);
    if (!row) return described;
    const columns = this.#options.columns
      .filter((_, at) => !isEqual(found.cells[at], row.cells[at]))
      .map(({ name }) => name);
    return { ...described, columns };
  }
}

/** The records of damages that have one, read again. */
export async function* recordsOf<Row extends object>(
  damages: readonly Damage[],
  { reader, read }: Pick<FindingsOptions<Row>, 'reader' | 'read'>,
): AsyncGenerator<readonly [Damage, ReadVersion<Row>], void, undefined> {
  const wanted = new Map<string, Damage>();
  const ranges = new Map<number, { from: number; to: number }>();
  for (const damage of damages) {
    if (!damage.version) continue;
    const { partition, offset } = damage.version;
    wanted.set(`${partition}/${offset}`, damage);
    const { from, to } = ranges.get(partition) ?? { from: offset, to: offset };
    ranges.set(partition, { from: Math.min(from, offset), to: Math.max(to, offset + 1) });
  }
  try {
    for await (const { records } of read(ranges)) {
      for (const record of records) {
        const damage = wanted.get(`${record.partition}/${record.offset}`);
        if (!damage) continue;
        const found = await reader.read(record);
        if (found.kind === 'version') yield [damage, found];
      }
    }
  } catch (error) {
    // what is gone from the topic cannot be read again; the caller sees which damages are left
    if (!isEaten(error)) throw error;
  }
}

function finding({ kind, version, row }: Damage): Finding {
  return {
    kind,
    key: row?.keyText ?? null,
    partition: version?.partition ?? null,
    offset: version?.offset ?? null,
    writeTimestamp: version?.writeTimestamp ?? null,
    rowWriteTimestamp: row?.state.newest ?? null,
  };
}

function isEqual(a: Buffer | null | undefined, b: Buffer | null | undefined): boolean {
  return a && b ? a.equals(b) : !a && !b;
}
