/** What was to be sent: the suite's own knowledge, kept apart from all that Sluice says. */
export interface SentRecord {
  /** Number of the record in this run; it travels in the header `faults.id`. */
  readonly id: number;
  /** uuid of the row; undefined where the record has none. */
  readonly key: string | undefined;
  readonly kind: 'upsert' | 'delete';
  /** What the row has to hold, by column, as a query gives it. Empty for a delete. */
  readonly columns: Readonly<Record<string, unknown>>;
  /** The header `sluice.write-timestamp`, us; undefined where the record has none. */
  readonly wt: number | undefined;
  /** The code of the dead letter that the record has to become; undefined where it must not become one. */
  readonly letter: string | undefined;
  /** Whether Kafka has acknowledged it; false while that is not known. */
  acknowledged: boolean;
}

/** A record as the topic holds it. */
export interface TopicRecord {
  readonly id: number | undefined;
  /** Tells the topic from others of the same name; undefined where the brokers have no ids. */
  readonly topicId?: string | undefined;
  readonly partition: number;
  readonly offset: number;
  /** ms */
  readonly timestamp: number;
}

/** A dead letter as its topic holds it. */
export interface Letter {
  readonly code: string;
  /** Of the record's topic. */
  readonly topicId?: string | undefined;
  readonly partition: number;
  readonly offset: number;
  /** Whether key, value and headers are those of the record, byte for byte. */
  readonly intact: boolean;
}

/** A row as the table holds it: its columns, and the write timestamps of its cells, us. */
export interface TableRow {
  readonly columns: Readonly<Record<string, unknown>>;
  readonly writeTimestamps: readonly number[];
}

/** Committed offsets by partition at the moment right before something was killed, rewound or rebalanced. */
export type Disruption = ReadonlyMap<number, number>;

/** Everything that the oracle judges by. */
export interface Evidence {
  readonly sent: readonly SentRecord[];
  readonly topic: readonly TopicRecord[];
  readonly letters: readonly Letter[];
  /** By uuid. */
  readonly rows: ReadonlyMap<string, TableRow>;
  readonly disruptions: readonly Disruption[];
}
