import {
  type ClusterInspector,
  type ConsumedRecord,
  deadLetterHeaders,
  type KafkaClient,
  lastHeader,
  sluiceHeaders,
} from '@sluice/kafka-client';
import { ownTopicId } from '@sluice/stream-pipeline';
import { plainText } from './content-reader.ts';
import type { DeadLetters, LetterGroup, LetterSummary } from './contract/dead-letters.ts';
import type { Link } from './link.ts';
import { Turns } from './turns.ts';

/** A letter as it is remembered: without its value. */
export interface IndexedLetter extends LetterSummary {
  /** Of the record, as UTF-8 text; null where it has none, or one that is longer than can be looked for. */
  readonly key: string | null;
  /** Of the record's topic; undefined in dead letters of earlier versions and of brokers without topic ids. */
  readonly topicId: string | undefined;
}

/** A record, and the id of the topic that it is in, where there is one. */
export type LocatedRecord = Pick<
  ConsumedRecord,
  'topic' | 'topicId' | 'partition' | 'offset' | 'timestamp' | 'key'
>;

export interface LetterConditions {
  readonly codes?: readonly string[] | undefined;
  readonly stages?: readonly string[] | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly key?: string | undefined;
}

/** The newest letters are remembered, ~400 bytes each, and ~3 kB at most. */
const maxLetters = 50_000;
/** Bytes of each text that is remembered: anybody may write to the topic. */
const maxText = { stage: 50, code: 200, message: 1_000, topic: 249, topicId: 22, key: 1_000 };
/** Groups of letters that are told apart. */
const maxGroups = 200;
/** A look that finds much to read goes on in the background after this, ms. */
const patienceMs = 3_000;
const steps = 60;
const namedCodes = 8;

/** What is in the dead-letter topic, read once and kept up to date. */
export class LetterIndex {
  readonly #cluster: Pick<Link<ClusterInspector>, 'use'>;
  readonly #kafka: Pick<KafkaClient, 'read'>;
  readonly #topic: string;
  readonly #positions = new Map<number, number>();
  readonly #stop = new AbortController();
  /** Oldest first, in the order in which they were read. */
  #letters: IndexedLetter[] = [];
  #inTopic = 0;
  #reading: Promise<void> | undefined;

  constructor(cluster: Pick<Link<ClusterInspector>, 'use'>, kafka: Pick<KafkaClient, 'read'>, topic: string) {
    this.#cluster = cluster;
    this.#kafka = kafka;
    this.#topic = topic;
  }

  /** Reads what came since. False where more is to be read than a person waits for: it goes on. */
  async update(): Promise<boolean> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    const reading = this.#reading;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => {
        resolve(false);
      }, patienceMs);
    });
    try {
      return await Promise.race([reading.then(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  overview(): Omit<DeadLetters, 'topic' | 'complete' | 'running'> {
    return {
      letters: this.#inTopic,
      indexed: this.#letters.length,
      groups: groupsOf(this.#letters),
      overTime: overTime(this.#letters),
    };
  }

  /** Newest first. */
  find(conditions: LetterConditions): IndexedLetter[] {
    return this.#letters
      .filter((letter) => fulfils(letter, conditions))
      .sort((one, other) => other.timestamp - one.timestamp || Number(other.offset) - Number(one.offset));
  }

  /**
   * The dead letter of a record; the newest one where it has several. Dead letters of an earlier topic of the same name are of
   * other records: the topic's id tells, and where there is none, the record's timestamp and key.
   */
  ofRecord({ topic, topicId, partition, offset, timestamp, key }: LocatedRecord): IndexedLetter | undefined {
    const rememberedKey = keyOf(key);
    return this.#letters.findLast(({ source, topicId: letterTopicId, key: letterKey }) => {
      if (source?.topic !== topic || source.partition !== partition || source.offset !== String(offset))
        return false;
      if (topicId !== undefined && letterTopicId !== undefined) return letterTopicId === topicId;
      return source.timestamp === timestamp && letterKey === rememberedKey;
    });
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(): Promise<void> {
    const { begins, ends } = await this.#cluster.use(async (inspector) => {
      const topics = await inspector.topics([this.#topic]);
      const [allBegins, allEnds] = await Promise.all([inspector.begins(topics), inspector.ends(topics)]);
      return { begins: allBegins.get(this.#topic) ?? new Map(), ends: allEnds.get(this.#topic) ?? new Map() };
    });
    this.#forgetDeleted(begins, ends);
    const ranges = new Map<number, { from: number; to: number }>();
    const perPartition = Math.ceil(maxLetters / Math.max(1, ends.size));
    for (const [partition, to] of ends) {
      const begin = begins.get(partition) ?? 0;
      const from = Math.max(begin, to - perPartition, this.#positions.get(partition) ?? begin);
      if (from < to) ranges.set(partition, { from, to });
    }
    this.#inTopic = [...ends].reduce((sum, [partition, end]) => sum + end - (begins.get(partition) ?? 0), 0);
    if (ranges.size === 0) return;
    const turns = new Turns();
    for await (const batch of this.#kafka.read({ topic: this.#topic, ranges, signal: this.#stop.signal })) {
      for (const record of batch.records) {
        if (turns.isOver) await turns.pass();
        this.#letters.push(indexed(record));
      }
      this.#positions.set(batch.partition, batch.nextOffset);
      if (this.#letters.length > 2 * maxLetters) this.#letters = this.#letters.slice(-maxLetters);
    }
    if (this.#letters.length > maxLetters) this.#letters = this.#letters.slice(-maxLetters);
  }

  /** What retention or a person deleted; all of it where the topic was made anew. */
  #forgetDeleted(begins: ReadonlyMap<number, number>, ends: ReadonlyMap<number, number>): void {
    for (const [partition, position] of this.#positions) {
      if (position <= (ends.get(partition) ?? 0)) continue;
      this.#letters = [];
      this.#positions.clear();
      return;
    }
    const isThere = ({ partition, offset }: IndexedLetter) => Number(offset) >= (begins.get(partition) ?? 0);
    if (this.#letters.some((letter) => !isThere(letter))) this.#letters = this.#letters.filter(isThere);
  }
}

/** The letter that a message of the topic is; of a message that is none, the stage and code are `unknown`. */
export function indexed(record: ConsumedRecord): IndexedLetter {
  const { partition: inPartition, offset: at, timestamp, unreadable } = record;
  if (unreadable) {
    const { code, message } = unreadable;
    const rest = { stage: 'unknown', source: null, redrives: 0, key: null, topicId: undefined };
    return { ...rest, partition: inPartition, offset: String(at), timestamp, code, message };
  }
  const { headers, key } = record;
  const text = (name: string, maxBytes: number) => textOf(lastHeader(headers, name), maxBytes);
  const number = (name: string) => {
    const found = Number(text(name, 20) ?? NaN);
    return Number.isSafeInteger(found) ? found : undefined;
  };
  const topic = text(deadLetterHeaders.sourceTopic, maxText.topic);
  const partition = number(deadLetterHeaders.sourcePartition);
  const offset = text(deadLetterHeaders.sourceOffset, 20);
  const hasSource =
    topic !== undefined && partition !== undefined && partition >= 0 && /^\d{1,19}$/.test(offset ?? '');
  return {
    partition: inPartition,
    offset: String(at),
    timestamp,
    stage: text(deadLetterHeaders.stage, maxText.stage) ?? 'unknown',
    code: text(deadLetterHeaders.errorCode, maxText.code) ?? 'unknown',
    message:
      text(deadLetterHeaders.errorMessage, maxText.message) ??
      'a message without the headers of a dead letter',
    source: hasSource
      ? { topic, partition, offset: offset ?? '', timestamp: number(deadLetterHeaders.sourceTimestamp) ?? -1 }
      : null,
    redrives: number(sluiceHeaders.redriveCount) ?? 0,
    key: keyOf(key),
    topicId: ownTopicId(headers)?.slice(0, maxText.topicId),
  };
}

/** The text of a key, unless it is longer than can be looked for. */
function keyOf(key: Buffer | null): string | null {
  return key && key.length <= maxText.key ? key.toString('utf8') : null;
}

/** The beginning of a header, with an ellipsis where more follows. */
function textOf(bytes: Buffer | null | undefined, maxBytes: number): string | undefined {
  if (!bytes) return undefined;
  const { text, cut } = plainText(bytes, maxBytes, true);
  return cut ? `${text}…` : text;
}

function fulfils(letter: IndexedLetter, { codes, stages, since, until, key }: LetterConditions): boolean {
  if (codes && !codes.some((pattern) => matches(letter.code, pattern))) return false;
  if (stages && !stages.includes(letter.stage)) return false;
  if (letter.timestamp < (since ?? -Infinity) || letter.timestamp >= (until ?? Infinity)) return false;
  return key === undefined || letter.key === key;
}

/** As a redrive has it: a code that ends in `*` stands for all that begin so. */
function matches(code: string, pattern: string): boolean {
  return pattern.endsWith('*') ? code.startsWith(pattern.slice(0, -1)) : code === pattern;
}

function groupsOf(letters: readonly IndexedLetter[]): LetterGroup[] {
  const groups = new Map<string, LetterGroup>();
  for (const { stage, code, timestamp } of letters) {
    const key = `${stage} ${code}`;
    const group = groups.get(key) ?? { stage, code, letters: 0, first: timestamp, last: timestamp };
    groups.set(key, {
      ...group,
      letters: group.letters + 1,
      first: Math.min(group.first, timestamp),
      last: Math.max(group.last, timestamp),
    });
  }
  const sorted = [...groups.values()].sort((one, other) => other.letters - one.letters);
  return sorted.length <= maxGroups
    ? sorted
    : [...sorted.slice(0, maxGroups), others(sorted.slice(maxGroups))];
}

function others(groups: readonly LetterGroup[]): LetterGroup {
  return groups.reduce((sum, { letters, first, last }) => ({
    stage: 'other',
    code: 'other',
    letters: sum.letters + letters,
    first: Math.min(sum.first, first),
    last: Math.max(sum.last, last),
  }));
}

function overTime(letters: readonly IndexedLetter[]): DeadLetters['overTime'] {
  if (letters.length === 0) return { stepMs: 1_000, times: [], values: {} };
  let [first, last] = [Infinity, -Infinity];
  const byCode = new Map<string, number>();
  for (const { timestamp, code } of letters) {
    first = Math.min(first, timestamp);
    last = Math.max(last, timestamp);
    byCode.set(code, (byCode.get(code) ?? 0) + 1);
  }
  const stepMs = Math.max(1_000, Math.ceil((last - first + 1) / steps));
  const count = Math.floor((last - first) / stepMs) + 1;
  const named = [...byCode].sort(([, one], [, other]) => other - one).slice(0, namedCodes);
  const values = Object.fromEntries(named.map(([code]) => [code, new Array<number>(count).fill(0)]));
  if (byCode.size > named.length) values.other ??= new Array<number>(count).fill(0);
  for (const { timestamp, code } of letters) {
    const column = values[code] ?? values.other;
    const at = Math.floor((timestamp - first) / stepMs);
    if (column) column[at] = (column[at] ?? 0) + 1;
  }
  return { stepMs, times: Array.from({ length: count }, (_, at) => first + at * stepMs), values };
}
