import {
  type ByPartition,
  type ClusterInspector,
  type ConsumedRecord,
  type KafkaClient,
  KafkaError,
} from '@sluice/kafka-client';
import { pageLimit } from './contract/common.ts';
import type { Message, MessagesPage, MessagesQuery } from './contract/topics.ts';
import { knownTopic } from './known-topic.ts';
import type { Link } from './link.ts';
import type { MessageReader, ReadingOptions } from './message-reader.ts';
import { offsetOf } from './positions.ts';
import { badRequest, ConsoleError, keyMasked, notFound } from './problem.ts';
import { ReadSlots } from './read-slots.ts';
import { Turns } from './turns.ts';

/** What one page may cost: where a filter finds little, the page ends early and says where the next one begins. */
const maxScanned = 20_000;
const maxMs = 4_000;
/**
 * Messages that a filter looks at in one step, of all partitions together. Steps grow and shrink by the time they take: of one that is
 * not done in time nothing is used, since a page goes by whole steps.
 */
const firstStep = 1_000;
const maxStep = 5_000;
const stepMs = 1_500;
/** Reads of all viewers together: each may hold some 16 MiB of what its fetches brought. */
const readsAtOnce = 4;
/** A read that hangs is given up, ms. */
const readTimeoutMs = 15_000;

interface Range {
  readonly begin: number;
  /** The last stable offset: to read further is to wait for a transaction. */
  readonly end: number;
  /** Offsets from there on that open transactions hold back. */
  readonly held: number;
}

/** Where the next page goes on: by partition, the offset after (`older`) or at (`newer`) which it begins. */
interface Cursor {
  readonly direction: 'older' | 'newer';
  readonly at: Readonly<Record<string, number>>;
  /** Newer ones are not followed: a page after the last would never come to its end. */
  readonly ends: Readonly<Record<string, number>>;
}

interface Found {
  readonly record: { readonly partition: number; readonly offset: number; readonly timestamp: number };
  readonly message: Message;
}

/** Reads messages of any topic, a page at a time, without a group. */
export class TopicMessages {
  readonly #cluster: Pick<Link<ClusterInspector>, 'use'>;
  readonly #kafka: Pick<KafkaClient, 'read'>;
  readonly #reader: MessageReader;
  readonly #slots = new ReadSlots(readsAtOnce);

  constructor(
    cluster: Pick<Link<ClusterInspector>, 'use'>,
    kafka: Pick<KafkaClient, 'read'>,
    reader: MessageReader,
  ) {
    this.#cluster = cluster;
    this.#kafka = kafka;
    this.#reader = reader;
  }

  /**
   * @param signal ends the reading: nobody waits for the page any more
   * @throws ConsoleError 400, 403, 404, 499; KafkaError
   */
  async page(topic: string, query: MessagesQuery, signal?: AbortSignal): Promise<MessagesPage> {
    this.#requirePublicKey(topic, query);
    const ranges = await this.#ranges(topic, query.partitions);
    const cursor =
      query.cursor === undefined ? await this.#begin(topic, query, ranges) : parseCursor(query.cursor);
    const limit = query.limit ?? pageLimit;
    const isOlder = cursor.direction === 'older';
    const at = new Map(Object.entries(cursor.at).map(([partition, offset]) => [Number(partition), offset]));
    const messages: Message[] = [];
    let scanned = 0;
    const isFiltered = query.key !== undefined || query.text !== undefined;
    let size = isFiltered ? sizeOf(firstStep, at.size) : plainSizeOf(limit, at.size);
    const started = performance.now();
    while (messages.length < limit && at.size > 0) {
      const step = stepOf(cursor, at, ranges, size);
      if (step.size === 0) break;
      const began = performance.now();
      const read = await this.#read(topic, step, query, { signal, ms: size > 1 ? stepMs : Infinity });
      if (!read) {
        size = Math.max(1, Math.floor(size / 4));
        continue;
      }
      const { found, count } = read;
      scanned += count;
      const ordered = found.sort((one, other) => (isOlder ? -1 : 1) * inOrder(one.record, other.record));
      const taken = ordered.slice(0, limit - messages.length);
      messages.push(...taken.map(({ message }) => message));
      advance(at, step, { isOlder, left: ordered.slice(taken.length) });
      if (scanned >= maxScanned || performance.now() - started > maxMs) break;
      if (isFiltered && performance.now() - began < stepMs / 4)
        size = Math.min(sizeOf(maxStep, at.size), size * 2);
    }
    const isOver = [...at].every(([partition, offset]) => isDone(partition, offset, ranges, cursor));
    const next = isOver ? null : formatCursor({ ...cursor, at: Object.fromEntries(at) });
    const held = [...ranges.values()].reduce((sum, range) => sum + range.held, 0);
    return { messages, scanned, held, next };
  }

  /** @throws ConsoleError 404 where there is no such record (any more) */
  async one(topic: string, partition: number, offsetText: string, options: ReadingOptions): Promise<Message> {
    return this.#reader.read(await this.record(topic, partition, offsetText), options);
  }

  /** @throws ConsoleError 404 */
  async record(topic: string, partition: number, offsetText: string): Promise<ConsumedRecord> {
    const offset = offsetOf(offsetText);
    const range = (await this.#ranges(topic, [partition])).get(partition);
    if (range && offset >= range.begin && offset < range.end) {
      const read = this.#records(topic, new Map([[partition, { from: offset, to: offset + 1 }]]));
      for await (const record of read) if (record.offset === offset) return record;
    }
    if (range && offset >= range.end && offset < range.end + range.held)
      throw notFound(
        `offset ${offsetText} of ${topic}[${partition}] is held back by an open transaction`,
        'Look again once the transaction was committed or aborted.',
      );
    throw notFound(
      `${topic}[${partition}] has no record at offset ${offsetText}`,
      range
        ? `It holds ${range.begin} to ${range.end - 1}; older ones were deleted by retention, and some offsets are no records.`
        : 'Choose another partition.',
    );
  }

  /** Newest messages of a range of offsets of each partition, for the live tail. */
  async between(
    topic: string,
    ranges: ReadonlyMap<number, { from: number; to: number }>,
    signal?: AbortSignal,
  ): Promise<Message[]> {
    const found: Found[] = [];
    const turns = new Turns(signal);
    for await (const record of this.#records(topic, ranges, signal)) {
      if (turns.isOver) await turns.pass();
      const message = await this.#reader.read(record, { reveal: false, size: 'list' });
      const { partition, offset, timestamp } = record;
      found.push({ record: { partition, offset, timestamp }, message });
    }
    return found.sort((one, other) => inOrder(one.record, other.record)).map(({ message }) => message);
  }

  async #ranges(topic: string, partitions: readonly number[] | undefined): Promise<Map<number, Range>> {
    const { begins, ends, highs } = await this.#cluster.use(async (inspector) => {
      const topics = await knownTopic(inspector, topic);
      const found = [
        inspector.begins(topics),
        inspector.ends(topics),
        inspector.highWatermarks(topics),
      ] as const;
      const [allBegins, allEnds, allHighs] = await Promise.all(found);
      return { begins: of(allBegins, topic), ends: of(allEnds, topic), highs: of(allHighs, topic) };
    });
    const ranges = new Map<number, Range>();
    for (const [partition, end] of [...ends].sort(([one], [other]) => one - other))
      if (partitions?.includes(partition) ?? true)
        ranges.set(partition, {
          begin: begins.get(partition) ?? 0,
          end,
          held: Math.max(0, (highs.get(partition) ?? end) - end),
        });
    return ranges;
  }

  async #begin(topic: string, { from }: MessagesQuery, ranges: ReadonlyMap<number, Range>): Promise<Cursor> {
    const direction = from.kind === 'latest' ? 'older' : 'newer';
    const byTime = from.kind === 'time' ? await this.#offsetsAt(topic, from.time) : undefined;
    const at = [...ranges].map(([partition, { begin, end }]): [string, number] => {
      if (from.kind === 'latest') return [String(partition), end];
      if (from.kind === 'earliest') return [String(partition), begin];
      const offset = from.kind === 'offset' ? offsetOf(from.offset) : (byTime?.get(partition) ?? end);
      return [String(partition), Math.min(Math.max(offset, begin), end)];
    });
    const ends = [...ranges].map(([partition, { end }]) => [String(partition), end]);
    return {
      direction,
      at: Object.fromEntries(at),
      ends: Object.fromEntries(ends) as Record<string, number>,
    };
  }

  #offsetsAt(topic: string, time: number): Promise<ReadonlyMap<number, number>> {
    return this.#cluster.use(async (inspector) =>
      of(await inspector.offsetsAt(await inspector.topics([topic]), time), topic),
    );
  }

  #requirePublicKey(topic: string, { key, reveal = false }: MessagesQuery): void {
    if (key === undefined || reveal || this.#reader.isPublicKey(topic, key)) return;
    throw keyMasked(topic);
  }

  /** Undefined where it takes longer than so many ms from its first message on. */
  async #read(
    topic: string,
    ranges: ReadonlyMap<number, { from: number; to: number }>,
    { key, text, reveal = false }: MessagesQuery,
    { signal, ms }: { readonly signal: AbortSignal | undefined; readonly ms: number },
  ): Promise<{ found: Found[]; count: number } | undefined> {
    const found: Found[] = [];
    const wantedKey = key === undefined ? undefined : Buffer.from(key);
    const turns = new Turns(signal);
    let count = 0;
    let until = Infinity;
    for await (const record of this.#records(topic, ranges, signal)) {
      if (count === 0) until = performance.now() + ms;
      if (turns.isOver) {
        await turns.pass();
        if (performance.now() > until) return undefined;
      }
      count += 1;
      const { partition, offset, timestamp } = record;
      if (wantedKey && (record.unreadable || !record.key?.equals(wantedKey))) continue;
      if (text !== undefined && !(await this.#reader.shows(record, text, { reveal }))) continue;
      const message = await this.#reader.read(record, { reveal, size: 'list' });
      found.push({ record: { partition, offset, timestamp }, message });
    }
    return { found, count };
  }

  async *#records(
    topic: string,
    ranges: ReadonlyMap<number, { from: number; to: number }>,
    left?: AbortSignal,
  ): AsyncGenerator<ConsumedRecord> {
    const late = AbortSignal.timeout(readTimeoutMs);
    const signal = left ? AbortSignal.any([late, left]) : late;
    await this.#slots.take(signal);
    try {
      for await (const { records } of this.#kafka.read({ topic, ranges, signal })) yield* records;
    } catch (error) {
      if (!signal.aborted || !(error instanceof KafkaError)) throw error;
      new Turns(left).check();
      throw new ConsoleError(`reading topic ${topic} took longer than ${readTimeoutMs / 1000} s`, {
        status: 503,
        code: 'kafka-timed-out',
        action: 'Ask for fewer messages or fewer partitions, or try again.',
        cause: error,
      });
    } finally {
      this.#slots.give();
    }
  }
}

function of<T>(all: ByPartition<T>, topic: string): ReadonlyMap<number, T> {
  return all.get(topic) ?? new Map<number, T>();
}

/** Messages of each partition. */
function sizeOf(messages: number, partitions: number): number {
  return Math.ceil(messages / Math.max(1, partitions));
}

/** Without a filter: as many as are wanted, which one partition may have all of, and less where there are many. */
function plainSizeOf(wanted: number, partitions: number): number {
  return partitions > 16 ? sizeOf(wanted * 4, partitions) : wanted;
}

/** What to read next of each partition. */
function stepOf(
  { direction, ends }: Cursor,
  at: ReadonlyMap<number, number>,
  ranges: ReadonlyMap<number, Range>,
  records: number,
): Map<number, { from: number; to: number }> {
  const step = new Map<number, { from: number; to: number }>();
  for (const [partition, offset] of at) {
    const { begin = 0, end = 0 } = ranges.get(partition) ?? {};
    const last = Math.min(end, ends[String(partition)] ?? end);
    const from = direction === 'older' ? Math.max(begin, offset - records) : Math.max(begin, offset);
    const to = direction === 'older' ? Math.min(offset, last) : Math.min(last, from + records);
    if (from < to) step.set(partition, { from, to });
  }
  return step;
}

/** Moves each partition behind what was read, or to the first that was found and did not fit on the page. */
function advance(
  at: Map<number, number>,
  step: ReadonlyMap<number, { from: number; to: number }>,
  { isOlder, left }: { readonly isOlder: boolean; readonly left: readonly Found[] },
): void {
  for (const [partition, { from, to }] of step) at.set(partition, isOlder ? from : to);
  for (const { record } of left) {
    const reached = at.get(record.partition) ?? record.offset;
    at.set(
      record.partition,
      isOlder ? Math.max(reached, record.offset + 1) : Math.min(reached, record.offset),
    );
  }
}

function isDone(
  partition: number,
  offset: number,
  ranges: ReadonlyMap<number, Range>,
  { direction, ends }: Cursor,
): boolean {
  const range = ranges.get(partition);
  if (!range) return true;
  const { begin, end } = range;
  return direction === 'older' ? offset <= begin : offset >= Math.min(end, ends[String(partition)] ?? end);
}

function inOrder(one: Found['record'], other: Found['record']): number {
  return one.timestamp - other.timestamp || one.partition - other.partition || one.offset - other.offset;
}

function formatCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function parseCursor(text: string): Cursor {
  try {
    const cursor = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Cursor;
    const numbers = [...Object.entries(cursor.at), ...Object.entries(cursor.ends)].flat().map(Number);
    const isCursor = ['older', 'newer'].includes(cursor.direction);
    if (isCursor && numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return cursor;
  } catch {
    // said below
  }
  throw badRequest('the cursor is none of this console', 'Begin with the first page.');
}
