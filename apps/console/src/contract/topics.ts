import { Type } from 'typebox';
import { Exact, Exactly, Instant, Nullable, OnePage, PartitionNumber, Position } from './common.ts';

export const TopicParams = Exactly({ topic: Type.String({ pattern: '^[A-Za-z0-9._-]{1,249}$' }) });
export type TopicParams = Type.Static<typeof TopicParams>;

export const TopicSummary = Type.Object({
  topic: Type.String(),
  /** Of Kafka itself, such as `__consumer_offsets`. */
  internal: Type.Boolean(),
  partitions: Type.Integer(),
  replication: Type.Integer(),
  /** Partitions with fewer replicas in sync than they have, and without a leader. */
  underReplicated: Type.Integer(),
  offline: Type.Integer(),
  /** Offsets that can be read: up to the last stable ones; null where a partition has no leader. */
  records: Nullable(Type.Number()),
  /** Offsets that open transactions hold back, up to the high watermarks; null where a partition has no leader. */
  held: Nullable(Type.Number()),
  /** Of all replicas, where the brokers tell it. */
  bytes: Nullable(Type.Number()),
  /** Since the last look; null at the first. */
  recordsPerSecond: Nullable(Type.Number()),
  /** What it is to the pipeline. */
  role: Nullable(Type.Union([Type.Literal('records'), Type.Literal('dead-letters')])),
});
export type TopicSummary = Type.Static<typeof TopicSummary>;

export const TopicList = Type.Object({ at: Instant, topics: Type.Array(TopicSummary) });
export type TopicList = Type.Static<typeof TopicList>;

export const TopicPartition = Type.Object({
  partition: PartitionNumber,
  /** Null where there is none at present. */
  leader: Nullable(Type.Integer()),
  replicas: Type.Array(Type.Integer()),
  inSync: Type.Array(Type.Integer()),
  begin: Nullable(Exact),
  /** The last stable offset: what can be read ends there. */
  end: Nullable(Exact),
  /** Offsets that open transactions hold back, from `end` to the high watermark. */
  held: Nullable(Type.Number()),
  bytes: Nullable(Type.Number()),
  recordsPerSecond: Nullable(Type.Number()),
});
export type TopicPartition = Type.Static<typeof TopicPartition>;

export const TopicSetting = Type.Object({
  name: Type.String(),
  /** Null where the brokers keep it secret. */
  value: Nullable(Type.String()),
  /** Whether it was set for this topic. */
  own: Type.Boolean(),
});
export type TopicSetting = Type.Static<typeof TopicSetting>;

export const TopicDetails = Type.Object({
  summary: TopicSummary,
  partitions: Type.Array(TopicPartition),
  settings: Type.Array(TopicSetting),
});
export type TopicDetails = Type.Static<typeof TopicDetails>;

/**
 * A key, value or header. `text` is what to show, always as text: JSON and decoded Avro indented by two, numbers in the digits they
 * came in; for `binary` the bytes in hex, pairs separated by blanks. `masked`: something of it is replaced by `•••`, since no schema
 * says of it `"personal": false`; of what could not be decoded that is all of it.
 */
export const Content = Type.Object({
  format: Type.Union([
    Type.Literal('null'),
    Type.Literal('json'),
    Type.Literal('avro'),
    Type.Literal('text'),
    Type.Literal('binary'),
  ]),
  text: Type.String(),
  /** Length of the key or value in Kafka; null where it could not be read. */
  bytes: Nullable(Type.Integer()),
  /**
   * More of it exists. Lists hold the first 2 KiB of a value and 256 bytes of a key, a message alone the first 16 KiB; values over
   * 256 KiB have no text there. `full` gives up to 6 MiB, of values up to 16 MiB.
   */
  cut: Type.Boolean(),
  masked: Type.Boolean(),
  /** Id in the registry, of values in Confluent's wire format. */
  schemaId: Nullable(Type.Integer()),
  /** Why it is not shown as data. */
  undecodable: Nullable(Type.String()),
});
export type Content = Type.Static<typeof Content>;

const Header = Type.Object({ name: Type.String(), value: Content });
export const Message = Type.Object({
  ...Position,
  /** -1 where it has none. */
  timestamp: Instant,
  key: Content,
  value: Content,
  headers: Type.Array(Header),
  /** Headers beyond those above: 10 are given in lists, 100 of a message alone. Null where they could not be read. */
  headersLeftOut: Nullable(Type.Integer()),
});
export type Message = Type.Static<typeof Message>;

/** Where to begin to read. `latest`: the newest ones, newest first; else oldest first. */
export const MessagesFrom = Type.Union([
  Exactly({ kind: Type.Literal('latest') }),
  Exactly({ kind: Type.Literal('earliest') }),
  Exactly({ kind: Type.Literal('offset'), offset: Exact }),
  Exactly({ kind: Type.Literal('time'), time: Instant }),
]);
export type MessagesFrom = Type.Static<typeof MessagesFrom>;

const Partitions = Type.Array(PartitionNumber, { maxItems: 10_000 });

/** A read by POST: keys and text looked for may be personal, and so stay out of addresses. */
export const MessagesQuery = Exactly({
  from: MessagesFrom,
  /** Default: all. */
  partitions: Type.Optional(Partitions),
  /** Only this key, as UTF-8 text. Of topics whose keys are masked: with `reveal` only. */
  key: Type.Optional(Type.String({ maxLength: 1_000 })),
  /** Only messages that show this text in key, value or headers, whatever its case; what is masked is not searched. */
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
  ...OnePage,
  /** Show personal fields: operators only, and written down. */
  reveal: Type.Optional(Type.Boolean()),
});
export type MessagesQuery = Type.Static<typeof MessagesQuery>;

export const MessagesPage = Type.Object({
  messages: Type.Array(Message),
  /** Messages that were looked at for this page. */
  scanned: Type.Integer(),
  /** Offsets of these partitions that open transactions hold back: what is there can be read once they have ended. */
  held: Type.Number(),
  /** For the next page; null where nothing is left. A page may hold fewer messages than asked for, or none, and still have a next. */
  next: Nullable(Type.String()),
});
export type MessagesPage = Type.Static<typeof MessagesPage>;

/** One message of a topic, or one letter. */
export const MessageQuery = Exactly({
  ...Position,
  /** Key and value to their ends, whatever their length. */
  full: Type.Optional(Type.Boolean()),
  /** Show personal fields: operators only, and written down. */
  reveal: Type.Optional(Type.Boolean()),
});
export type MessageQuery = Type.Static<typeof MessageQuery>;

export const TailQuery = Type.Object({
  /** Default: all. */
  partition: Type.Optional(PartitionNumber),
});
export type TailQuery = Type.Static<typeof TailQuery>;

/** The event `messages` of `/api/topics/:topic/tail`: what came since the last one, masked. */
export const TailEvent = Type.Object({
  messages: Type.Array(Message),
  /** Messages left out, where more came than can be shown. */
  skipped: Type.Integer(),
  /** Offsets that open transactions hold back now. */
  held: Type.Number(),
});
export type TailEvent = Type.Static<typeof TailEvent>;

export const TraceQuery = Exactly(Position);
export type TraceQuery = Type.Static<typeof TraceQuery>;

/**
 * Where a record of the pipeline's topic went: `row`: it is the row as it stands; `newer-row`: the row holds a newer record;
 * `deleted`: it deleted the row; `dead-letter`; `waiting`: the writers have not come to it; `no-row`: it should have made a row, and there is
 * none (deleted later, expired, or lost: an audit tells).
 */
export const Trace = Type.Object({
  outcome: Type.Union([
    Type.Literal('row'),
    Type.Literal('newer-row'),
    Type.Literal('deleted'),
    Type.Literal('dead-letter'),
    Type.Literal('waiting'),
    Type.Literal('no-row'),
  ]),
  /** One sentence for people. */
  explanation: Type.String(),
  /** Each way station, in order. */
  steps: Type.Array(Type.Object({ name: Type.String(), done: Type.Boolean(), detail: Type.String() })),
  /** uuid of the row, where it could be read. */
  uuid: Nullable(Type.String()),
  /** Of the record, and of the row, us. */
  writeTimestamp: Nullable(Exact),
  rowWriteTimestamp: Nullable(Exact),
  /** Where the letter is. */
  letter: Nullable(Type.Object({ ...Position, stage: Type.String(), code: Type.String() })),
});
export type Trace = Type.Static<typeof Trace>;
