import type { RecordBatch, ConsumedRecord } from '@sluice/kafka-client';
import { isShown, type RowState } from './judge.ts';
import type { LetterPositions } from './letter-positions.ts';
import type { RecordReader } from './record-reader.ts';
import { whileRetentionEats } from './retention.ts';
import type { Ranges, TopicScope } from './topic-scope.ts';
import { type FoldedVersion, isNewerVersion } from './version-table.ts';

/** A row, or its absence, that is not what the newest settled record of its key leaves. */
export interface Suspect {
  /** Stands for the key. */
  readonly hash: Buffer;
  /** The newest settled record of the key. */
  readonly version: FoldedVersion | undefined;
  /** The row as it was read; null where there is none. No bytes of it: they would keep the whole page in memory. */
  readonly row: { readonly keyText: string; readonly state: RowState } | null;
}

export interface SuspectOptions<Row extends object> {
  readonly scope: Pick<TopicScope, 'isSettled' | 'rangesUpToNow'>;
  readonly letters: Pick<LetterPositions, 'has'>;
  readonly reader: Pick<RecordReader<Row>, 'read'>;
  readonly read: (ranges: Ranges) => AsyncIterable<RecordBatch>;
  readonly onRecords: (count: number) => void;
}

/**
 * Looks again at rows that are not as expected, against records that the writer may have written and need not have: those past what was
 * settled, and those that became dead letters though they can be processed. A row that is what a newer one of them leaves is right.
 *
 * No race is left: what was settled before the rows were read must be in them, and all that can be in them was in the topic after that.
 *
 * @returns the suspects that nothing explains
 */
export async function lookAgain<Row extends object>(
  suspects: readonly Suspect[],
  { hasOptional }: { readonly hasOptional: boolean },
  options: SuspectOptions<Row>,
): Promise<readonly Suspect[]> {
  if (suspects.length === 0) return [];
  const { scope, letters, reader, read, onRecords } = options;
  const open = new Map(suspects.map((suspect) => [nameOf(suspect.hash), suspect]));
  const isOptional = (record: ConsumedRecord) => !scope.isSettled(record) || letters.has(record);
  await whileRetentionEats(async () => {
    for await (const { records } of read(await scope.rangesUpToNow({ fromStart: hasOptional }))) {
      for (const record of records) {
        if (!isOptional(record)) continue;
        const found = await reader.read(record);
        if (found.kind !== 'version') continue;
        const name = nameOf(found.hash);
        const suspect = open.get(name);
        if (!suspect || !isNewerVersion(found.version, suspect.version)) continue;
        if (isShown(found.version, suspect.row?.state ?? null)) open.delete(name);
      }
      onRecords(records.length);
    }
  });
  return [...open.values()];
}

function nameOf(hash: Buffer): string {
  return hash.toString('latin1');
}
