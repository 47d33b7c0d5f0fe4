import type { Disruption, Evidence, Letter, SentRecord, TableRow, TopicRecord } from './evidence.ts';

export interface Verdict {
  readonly acknowledged: number;
  /** Acknowledged records that the table has, or a newer version of their row. */
  readonly inTable: number;
  /** Acknowledged records that are dead letters. */
  readonly inLetters: number;
  /** Acknowledged records that are neither. */
  readonly lost: readonly string[];
  /** Rows, letters and records that are not what they have to be. */
  readonly wrong: readonly string[];
  /** Copies of letters that nothing explains. */
  readonly duplicateLetters: readonly string[];
}

/** A record of the topic with what is known of it; the newest of a row has the highest write timestamp, then the highest offset. */
interface Version {
  readonly sent: SentRecord;
  readonly at: TopicRecord;
  /** us */
  readonly wt: number;
}

/**
 * Says what became of each record that was sent. It knows nothing of the engine: neither its decoder nor its audit is asked.
 *
 * A record may be in the topic twice, where its producer had to send it again, and then has to be right for both offsets.
 */
export function judge({ sent, topic, letters, rows, disruptions }: Evidence): Verdict {
  const wrong: string[] = [];
  const byId = new Map(sent.map((record) => [record.id, record]));
  const lettersByPlace = collapsed(letters);
  const versions: Version[] = [];
  for (const at of topic) {
    const record = at.id === undefined ? undefined : byId.get(at.id);
    if (record)
      versions.push({ sent: record, at, wt: record.wt ?? at.timestamp * 1000 + (at.offset % 1000) });
    else wrong.push(`${place(at)}: a record that was never sent`);
  }

  wrong.push(...judgeLetters(versions, lettersByPlace));
  const newest = newestByKey(versions);
  wrong.push(...judgeRows(newest, rows));

  const inTopic = new Map<number, Version[]>();
  for (const version of versions) {
    const copies = inTopic.get(version.sent.id);
    if (copies) copies.push(version);
    else inTopic.set(version.sent.id, [version]);
  }
  const lost: string[] = [];
  let inTable = 0;
  let inLetters = 0;
  const acknowledged = sent.filter((record) => record.acknowledged);
  for (const record of acknowledged) {
    const copies = inTopic.get(record.id) ?? [];
    const isLetter = copies.some(({ at }) => lettersByPlace.has(place(at)));
    if (copies.length === 0) lost.push(`record ${record.id}: acknowledged, and not in the topic`);
    else if (isLetter) inLetters += 1;
    else if (copies.every((copy) => isStored(copy, rows, newest))) inTable += 1;
    else lost.push(`record ${record.id} (${copies.map(({ at }) => place(at)).join(', ')}): nowhere`);
  }
  return {
    acknowledged: acknowledged.length,
    inTable,
    inLetters,
    lost,
    wrong,
    duplicateLetters: judgeCopies(lettersByPlace, disruptions),
  };
}

/** Whether the table has that version of the row or a newer one; a row that is not there is one that was deleted later. */
function isStored(
  { sent, wt }: Version,
  rows: Evidence['rows'],
  newest: ReadonlyMap<string, Version>,
): boolean {
  if (sent.key === undefined) return false;
  const row = rows.get(sent.key);
  if (row) return row.writeTimestamps.every((cell) => cell >= wt);
  return newest.get(sent.key)?.sent.kind === 'delete';
}

function judgeLetters(
  versions: readonly Version[],
  letters: ReadonlyMap<string, readonly Letter[]>,
): string[] {
  const wrong: string[] = [];
  const places = new Set<string>();
  for (const { sent, at } of versions) {
    places.add(place(at));
    const found = letters.get(place(at))?.[0];
    if (sent.letter === undefined && found)
      wrong.push(`${place(at)}: a good record became a letter (${found.code})`);
    if (sent.letter !== undefined && found && found.code !== sent.letter)
      wrong.push(`${place(at)}: a letter with ${found.code}, not ${sent.letter}`);
    if (sent.letter !== undefined && !found) wrong.push(`${place(at)}: no letter with ${sent.letter}`);
  }
  for (const [where, copies] of letters) {
    if (!places.has(where)) wrong.push(`${where}: a letter of a record that is not in the topic`);
    if (copies.some(({ intact }) => !intact))
      wrong.push(`${where}: a letter that is not its record byte for byte`);
  }
  return wrong;
}

function newestByKey(versions: readonly Version[]): Map<string, Version> {
  const newest = new Map<string, Version>();
  for (const version of versions) {
    const { key, letter } = version.sent;
    if (key === undefined || letter !== undefined) continue;
    const known = newest.get(key);
    if (!known || isNewer(version, known)) newest.set(key, version);
  }
  return newest;
}

function isNewer(a: Version, b: Version): boolean {
  return a.wt === b.wt ? a.at.offset > b.at.offset : a.wt > b.wt;
}

function judgeRows(newest: ReadonlyMap<string, Version>, rows: Evidence['rows']): string[] {
  const wrong: string[] = [];
  for (const [key, version] of newest) {
    const row = rows.get(key);
    if (version.sent.kind === 'delete') {
      if (row) wrong.push(`row ${key}: there, though ${place(version.at)} deleted it`);
    } else if (!row) wrong.push(`row ${key}: missing, should be ${place(version.at)}`);
    else {
      const differing = differences(version, row);
      if (differing.length > 0)
        wrong.push(`row ${key}: not that of ${place(version.at)} in ${differing.join(', ')}`);
    }
  }
  for (const key of rows.keys()) if (!newest.has(key)) wrong.push(`row ${key}: there, and no record has it`);
  return wrong;
}

function differences({ sent, at, wt }: Version, row: TableRow): string[] {
  const expected = {
    ...sent.columns,
    source_partition: at.partition,
    source_offset: BigInt(at.offset),
    event_time: at.timestamp,
  };
  const differing = Object.entries(expected)
    .filter(([column, value]) => row.columns[column] !== value)
    .map(([column]) => column);
  if (row.writeTimestamps.some((cell) => cell !== wt)) differing.push('WRITETIME');
  return differing;
}

function collapsed(letters: readonly Letter[]): Map<string, Letter[]> {
  const byPlace = new Map<string, Letter[]>();
  for (const letter of letters) {
    const copies = byPlace.get(place(letter));
    if (copies) copies.push(letter);
    else byPlace.set(place(letter), [letter]);
  }
  return byPlace;
}

/** Each disruption explains one more copy of a letter whose record was not committed before it. */
function judgeCopies(
  letters: ReadonlyMap<string, readonly Letter[]>,
  disruptions: readonly Disruption[],
): string[] {
  return [...letters.values()].flatMap((copies) => {
    const [letter] = copies;
    if (!letter) return [];
    const { partition, offset } = letter;
    const explained = disruptions.filter((committed) => (committed.get(partition) ?? 0) <= offset).length;
    const surplus = copies.length - 1 - explained;
    return surplus > 0 ? [`${place(letter)}: ${surplus} letters too many`] : [];
  });
}

function place({
  topicId,
  partition,
  offset,
}: Pick<TopicRecord, 'topicId' | 'partition' | 'offset'>): string {
  return `${topicId === undefined ? '' : `${topicId} `}[${partition}]@${offset}`;
}

/** What a commit must never pass: records that are neither in the table, or deleted later, nor dead letters. */
export function unsettled(
  records: readonly TopicRecord[],
  now: {
    readonly sent: ReadonlyMap<number, SentRecord>;
    /** Write timestamps of the rows that are there, us, by uuid. */
    readonly rows: ReadonlyMap<string, number>;
    readonly letters: readonly Pick<Letter, 'topicId' | 'partition' | 'offset'>[];
  },
): readonly TopicRecord[] {
  const letters = new Set(now.letters.map(place));
  const deletes = new Map<string, number>();
  for (const { key, kind, letter, wt = Infinity } of now.sent.values())
    if (key !== undefined && kind === 'delete' && letter === undefined)
      deletes.set(key, Math.max(wt, deletes.get(key) ?? -Infinity));
  return records.filter((at) => {
    const sent = at.id === undefined ? undefined : now.sent.get(at.id);
    if (!sent || letters.has(place(at))) return false;
    if (sent.key === undefined) return true;
    const wt = sent.wt ?? at.timestamp * 1000 + (at.offset % 1000);
    const row = now.rows.get(sent.key);
    return row === undefined ? (deletes.get(sent.key) ?? -Infinity) < wt : row < wt;
  });
}
