import {
  deadLetterHeaders,
  type KafkaClient,
  lastHeader,
  type PartitionOffsets,
  type RecordBatch,
  type RecordHeaders,
} from '@sluice/kafka-client';

/** The positions in one partition, growing, then in order. */
interface Positions {
  offsets: Float64Array;
  size: number;
}

/** Which records of a topic have a dead letter: 8 bytes for each, so that a flood of letters fits as well. */
export class LetterPositions {
  readonly #byPartition = new Map<number, Positions>();
  /** Letters of records up to this time, ms since the epoch, may no longer be in their topic; -Infinity where all are there. */
  goneUntil = -Infinity;

  /** Reads all letters that are in the dead-letter topic now. */
  static async read(
    kafka: KafkaClient,
    deadLetterTopic: string,
    sourceTopic: string,
    { onRecords, signal }: { readonly onRecords: (count: number) => void; readonly signal?: AbortSignal },
  ): Promise<LetterPositions> {
    const admin = await kafka.admin();
    const partitions = await admin.offsets(deadLetterTopic).finally(() => admin.close());
    const ranges = new Map(
      partitions.map(({ partition, begin, end }) => [partition, { from: begin, to: end }]),
    );
    const batches = kafka.read({ topic: deadLetterTopic, ranges, ...(signal && { signal }) });
    return LetterPositions.of(batches, partitions, { sourceTopic, onRecords });
  }

  /** Of the letters of a topic with these partitions. */
  static async of(
    batches: AsyncIterable<Pick<RecordBatch, 'partition' | 'records'>>,
    partitions: readonly PartitionOffsets[],
    {
      sourceTopic,
      onRecords,
    }: { readonly sourceTopic: string; readonly onRecords?: (count: number) => void },
  ): Promise<LetterPositions> {
    const letters = new LetterPositions();
    const trimmed = new Set(partitions.filter(({ begin }) => begin > 0).map(({ partition }) => partition));
    for await (const { partition, records } of batches) {
      const [first] = records;
      // a letter is sent after its record was: what is gone was of records from before the first letter that is left
      if (first && trimmed.delete(partition))
        letters.goneUntil = Math.max(letters.goneUntil, first.timestamp);
      for (const { headers } of records) letters.#add(headers, sourceTopic);
      onRecords?.(records.length);
    }
    if (trimmed.size > 0) letters.goneUntil = Infinity;
    letters.#sort();
    return letters;
  }

  get count(): number {
    let count = 0;
    for (const { size } of this.#byPartition.values()) count += size;
    return count;
  }

  has(partition: number, offset: number): boolean {
    const positions = this.#byPartition.get(partition);
    if (!positions) return false;
    let low = 0;
    let high = positions.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((positions.offsets[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low < positions.size && positions.offsets[low] === offset;
  }

  #add(headers: RecordHeaders, sourceTopic: string): void {
    if (text(headers, deadLetterHeaders.sourceTopic) !== sourceTopic) return;
    const partition = number(headers, deadLetterHeaders.sourcePartition);
    const offset = number(headers, deadLetterHeaders.sourceOffset);
    // the producer's own letters are of records that never were in the topic
    if (partition === undefined || offset === undefined) return;
    let positions = this.#byPartition.get(partition);
    if (!positions)
      this.#byPartition.set(partition, (positions = { offsets: new Float64Array(64), size: 0 }));
    if (positions.size === positions.offsets.length) {
      const larger = new Float64Array(positions.size * 2);
      larger.set(positions.offsets);
      positions.offsets = larger;
    }
    positions.offsets[positions.size++] = offset;
  }

  /** In order, each once: a letter can be there twice. */
  #sort(): void {
    for (const positions of this.#byPartition.values()) {
      const { offsets, size } = positions;
      const sorted = offsets.subarray(0, size).sort();
      let kept = 0;
      for (const offset of sorted) if (kept === 0 || sorted[kept - 1] !== offset) sorted[kept++] = offset;
      positions.size = kept;
    }
  }
}

function text(headers: RecordHeaders, name: string): string | undefined {
  return lastHeader(headers, name)?.toString('utf8');
}

function number(headers: RecordHeaders, name: string): number | undefined {
  const digits = text(headers, name);
  return digits !== undefined && /^\d{1,16}$/.test(digits) ? Number(digits) : undefined;
}
