import { type Api, type Decoder, type Encoder, send } from './cluster-requests.ts';
import { KafkaError } from './errors.ts';
import type { KafkaJsBroker, KafkaJsCluster } from './kafkajs-cluster.ts';

/** Ids by topic name; a topic that has none is left out. */
export type TopicIds = ReadonlyMap<string, string>;

/** kafkajs' own, of the versions of a request that are "flexible" (KIP-482): compact arrays and strings, tagged fields. */
interface FlexibleEncoder extends Encoder {
  writeBufferInternal(bytes: Buffer): void;
  writeUVarInt(value: number): FlexibleEncoder;
  writeUVarIntString(value: string): FlexibleEncoder;
}

interface FlexibleDecoder extends Decoder {
  readBytes(length?: number): Buffer;
  readUVarIntArray<T>(read: () => T): T[] | null;
  readUVarIntString(): string | null;
  readTaggedFields(): unknown;
}

const metadataKey = 3;
/** The first version of Metadata with topic ids (KIP-516), which brokers have from 2.8 on. */
const firstVersion = 10;
const noTaggedFields = 0;
const noId = Buffer.alloc(16);

const unknownTopicOrPartition = 3;

interface Answer {
  readonly topic: string;
  readonly error: number;
  readonly id: string | undefined;
}

const topicIdsApi: Api<readonly string[], readonly Answer[]> = {
  key: metadataKey,
  version: firstVersion,
  name: 'Metadata',
  encode: (plain, topics) => {
    const encoder = plain as FlexibleEncoder;
    encoder.writeUVarInt(noTaggedFields); // of the request's header
    encoder.writeUVarInt(topics.length + 1);
    for (const topic of topics) {
      encoder.writeBufferInternal(noId);
      encoder.writeUVarIntString(topic).writeUVarInt(noTaggedFields);
    }
    encoder.writeBoolean(false); // creates no topic
    encoder.writeBoolean(false).writeBoolean(false); // asks for no rights
    return encoder.writeUVarInt(noTaggedFields);
  },
  decode: (plain) => {
    const decoder = plain as FlexibleDecoder;
    decoder.readTaggedFields(); // of the response's header
    decoder.readInt32(); // throttle time
    decoder.readUVarIntArray(() => skipBroker(decoder));
    decoder.readUVarIntString(); // cluster id
    decoder.readInt32(); // controller
    return decoder.readUVarIntArray(() => readTopic(decoder)) ?? [];
  },
};

function skipBroker(decoder: FlexibleDecoder): void {
  decoder.readInt32();
  decoder.readUVarIntString();
  decoder.readInt32();
  decoder.readUVarIntString();
  decoder.readTaggedFields();
}

function readTopic(decoder: FlexibleDecoder): Answer {
  const error = decoder.readInt16();
  const topic = decoder.readUVarIntString() ?? '';
  const id = decoder.readBytes(noId.length);
  decoder.readBoolean();
  decoder.readUVarIntArray(() => {
    skipPartition(decoder);
  });
  decoder.readInt32(); // rights
  decoder.readTaggedFields();
  return { topic, error, id: id.equals(noId) ? undefined : id.toString('base64url') };
}

function skipPartition(decoder: FlexibleDecoder): void {
  decoder.readInt16();
  for (let field = 0; field < 3; field += 1) decoder.readInt32(); // its number, leader, leader epoch
  for (let list = 0; list < 3; list += 1) decoder.readUVarIntArray(() => decoder.readInt32()); // replicas, in sync, offline
  decoder.readTaggedFields();
}

/**
 * Ids of topics, as Kafka prints them: 16 bytes in URL-safe base64 without padding, 22 characters. A topic that is deleted and created
 * again has another id. None where the brokers have no ids: before 2.8, or with an older `inter.broker.protocol.version`.
 *
 * @throws KafkaError `unknown-topic` for a topic that does not exist
 */
export async function fetchTopicIds(cluster: KafkaJsCluster, topics: readonly string[]): Promise<TopicIds> {
  if (topics.length === 0) return new Map();
  const { brokerPool } = cluster as unknown as {
    brokerPool: { findConnectedBroker(): Promise<KafkaJsBroker> };
  };
  const broker = await brokerPool.findConnectedBroker();
  if (!hasTopicIds(broker)) return new Map();
  const answers = await send(broker, topicIdsApi, topics);
  const missing = answers.find(({ error }) => error === unknownTopicOrPartition);
  if (missing)
    throw new KafkaError('unknown-topic', `topic ${missing.topic} does not exist`, { retryable: true });
  return new Map(answers.flatMap(({ topic, id }) => (id === undefined ? [] : [[topic, id]])));
}

function hasTopicIds(broker: KafkaJsBroker): boolean {
  const { versions } = broker as unknown as {
    readonly versions: Readonly<Record<number, { readonly maxVersion: number }>> | null;
  };
  return (versions?.[metadataKey]?.maxVersion ?? 0) >= firstVersion;
}
