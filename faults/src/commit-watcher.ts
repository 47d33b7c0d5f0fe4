import type { KafkaAdmin, KafkaClient } from '@sluice/kafka-client';
import type { Disruption, SentRecord } from './evidence.ts';
import { asLetters, asTopicRecord, readRanges, readTopic, topicIdOf } from './kafka-reading.ts';
import { unsettled } from './oracle.ts';
import { elapsed, until } from './until.ts';

export interface WatcherOptions {
  readonly kafka: KafkaClient;
  readonly topic: string;
  readonly dlqTopic: string;
  readonly groupId: string;
  readonly sent: readonly SentRecord[];
  /** Write timestamps of rows, us, by uuid. Rejects while Cassandra does not answer. */
  readonly writeTimestampsOf: (keys: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

const intervalMs = 100;

/**
 * Looks at the group's committed offsets all the time. At each step forward every record that the step passes has to be in
 * Cassandra or in the dead letters at that moment; while Cassandra is down, as soon as it answers.
 */
export class CommitWatcher {
  readonly violations: string[] = [];
  readonly disruptions: Disruption[] = [];
  readonly #options: WatcherOptions;
  readonly #checked = new Map<number, number>();
  #admin: KafkaAdmin | undefined;
  #isStopped = false;
  #isSuspended = false;
  #looking: Promise<void> = Promise.resolve();
  #mayGoBack = false;
  readonly #done: Promise<void>;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** Notes where the group stands, right before something is killed, stopped or rebalanced: what comes later may be done again. */
  async disruption(): Promise<void> {
    this.disruptions.push(await until('the committed offsets can be looked up', () => this.#committed()));
  }

  /** To be said before the group is set back. */
  async rewind(): Promise<void> {
    this.#mayGoBack = true;
    this.disruptions.push(new Map());
    await Promise.resolve();
  }

  /** Stands still while a topic of the same name takes the topic's place, and then looks at all of that one. */
  async whileMadeAnew(make: () => Promise<void>): Promise<void> {
    this.#isSuspended = true;
    await this.#looking;
    await make();
    this.#checked.clear();
    this.#isSuspended = false;
  }

  /** Resolves when everything that is committed now was looked at. */
  async caughtUp(): Promise<void> {
    const committed = await this.#committed();
    await until('the watcher has looked at what is committed', () =>
      [...committed].every(([partition, offset]) => (this.#checked.get(partition) ?? 0) >= offset),
    );
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.#admin?.close().catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      // what cannot be looked at now is looked at next time: the offsets it began with stay unchecked
      this.#looking = this.#look().catch(() => this.#reconnect());
      await this.#looking;
      await elapsed(intervalMs);
    }
    await this.#look().catch(() => undefined);
  }

  async #look(): Promise<void> {
    if (this.#isSuspended) return;
    const ranges = new Map<number, { from: number; to: number }>();
    for (const [partition, to] of await this.#committed()) {
      const from = this.#checked.get(partition) ?? 0;
      if (to < from) this.#wentBack(partition, from, to);
      if (to > from) ranges.set(partition, { from, to });
    }
    if (ranges.size === 0) return;
    const { kafka, topic, dlqTopic, writeTimestampsOf } = this.#options;
    for (const { partition, begin } of (await this.#admin?.offsets(topic)) ?? []) {
      const range = ranges.get(partition);
      // what was deleted can be looked at no more; the scenario that deletes it has waited for that before
      if (range) range.from = Math.max(range.from, begin);
    }
    const topicId = await topicIdOf(kafka, topic);
    const read = await readRanges(kafka, topic, ranges);
    const records = read.map((record) => asTopicRecord({ record, topicId }));
    const keys = new Set(records.flatMap(({ id }) => this.#options.sent[id ?? -1]?.key ?? []));
    const rows = await writeTimestampsOf([...keys]);
    // only after the rows: a row that is not there may have been deleted by a record of this moment
    const sent = new Map(this.#options.sent.map((record) => [record.id, record]));
    let missing = unsettled(records, { sent, rows, letters: [] });
    if (missing.length > 0) {
      const letters = asLetters(await readTopic(kafka, dlqTopic), []);
      missing = unsettled(missing, { sent, rows, letters });
    }
    for (const { partition, offset } of missing)
      this.violations.push(`[${partition}]@${offset}: committed, and neither in the table nor a letter`);
    for (const [partition, { to }] of ranges) this.#checked.set(partition, to);
  }

  #wentBack(partition: number, from: number, to: number): void {
    this.#checked.set(partition, to);
    if (!this.#mayGoBack)
      this.violations.push(`[${partition}]: the committed offset went from ${from} to ${to}`);
  }

  async #committed(): Promise<ReadonlyMap<number, number>> {
    this.#admin ??= await this.#options.kafka.admin();
    const { groupId, topic } = this.#options;
    const offsets = await this.#admin.committedOffsets(groupId, topic);
    return new Map(
      offsets.flatMap(({ partition, offset }) => (offset === null ? [] : [[partition, offset]])),
    );
  }

  async #reconnect(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.close().catch(() => undefined);
  }
}
