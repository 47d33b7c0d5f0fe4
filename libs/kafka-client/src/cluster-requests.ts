import { loadModule } from './kafkajs-module.ts';
import type { KafkaJsBroker, KafkaJsCluster } from './kafkajs-cluster.ts';

/**
 * Requests that kafkajs' admin does not have, or answers by an error where one partition of thousands is without a leader. The protocol
 * is https://kafka.apache.org/protocol; the versions are the oldest that brokers from 2.1 to 4 have in common.
 */

export interface Encoder {
  readonly buffer: Buffer;
  writeInt8(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: number | string): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeString(value: string): Encoder;
  writeArray(values: readonly Encoder[]): Encoder;
}

export interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): { toString(): string };
  readBoolean(): boolean;
  readString(): string;
  readBytes(): Buffer | null;
  readArray<T>(read: (decoder: Decoder) => T): T[];
}

interface Requesting extends KafkaJsBroker {
  readonly connectionPool: {
    send(call: {
      readonly request: {
        readonly apiKey: number;
        readonly apiVersion: number;
        readonly apiName: string;
        readonly encode: () => Promise<Encoder>;
      };
      readonly response: {
        readonly decode: (bytes: Buffer) => Promise<unknown>;
        readonly parse: (decoded: unknown) => Promise<unknown>;
      };
    }): Promise<unknown>;
  };
}

export interface Api<Request, Answer> {
  readonly key: number;
  readonly version: number;
  readonly name: string;
  readonly encode: (encoder: Encoder, request: Request) => Encoder;
  readonly decode: (decoder: Decoder) => Answer;
}

export async function send<Request, Answer>(
  broker: KafkaJsBroker,
  api: Api<Request, Answer>,
  request: Request,
): Promise<Answer> {
  const EncoderClass = loadModule('kafkajs/src/protocol/encoder') as new () => Encoder;
  const DecoderClass = loadModule('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
  const answer = await (broker as Requesting).connectionPool.send({
    request: {
      apiKey: api.key,
      apiVersion: api.version,
      apiName: api.name,
      encode: () => Promise.resolve(api.encode(new EncoderClass(), request)),
    },
    response: {
      decode: (bytes) => Promise.resolve(api.decode(new DecoderClass(bytes))),
      // errors are read entry by entry: one partition's must not hide the others
      parse: (decoded) => Promise.resolve(decoded),
    },
  });
  return answer as Answer;
}

export interface PartitionMetadata {
  readonly partition: number;
  /** -1 where there is none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export interface ClusterMetadata {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly clusterId: string;
  readonly controller: number;
  readonly topics: readonly {
    readonly error: number;
    readonly topic: string;
    readonly internal: boolean;
    readonly partitions: readonly PartitionMetadata[];
  }[];
}

const metadataApi: Api<readonly string[] | null, ClusterMetadata> = {
  key: 3,
  version: 5,
  name: 'Metadata',
  encode: (encoder, topics) => {
    const EncoderClass = encoder.constructor as new () => Encoder;
    const names = topics?.map((topic) => new EncoderClass().writeString(topic));
    return (names ? encoder.writeArray(names) : encoder.writeInt32(-1)).writeBoolean(false);
  },
  decode: (decoder) => {
    decoder.readInt32();
    return {
      brokers: decoder.readArray(() => {
        const broker = { id: decoder.readInt32(), host: decoder.readString(), port: decoder.readInt32() };
        decoder.readString(); // rack
        return broker;
      }),
      clusterId: decoder.readString(),
      controller: decoder.readInt32(),
      topics: decoder.readArray(() => ({
        error: decoder.readInt16(),
        topic: decoder.readString(),
        internal: decoder.readBoolean(),
        partitions: decoder.readArray(() => {
          decoder.readInt16(); // says again that there is no leader
          const partition = {
            partition: decoder.readInt32(),
            leader: decoder.readInt32(),
            replicas: decoder.readArray(() => decoder.readInt32()),
            inSync: decoder.readArray(() => decoder.readInt32()),
          };
          decoder.readArray(() => decoder.readInt32()); // replicas that are offline
          return partition;
        }),
      })),
    };
  },
};

/** Metadata of some topics, of all without names. */
export async function fetchMetadata(
  cluster: KafkaJsCluster,
  topics: readonly string[] | null,
): Promise<ClusterMetadata> {
  const { brokerPool } = cluster as unknown as {
    brokerPool: {
      withBroker<T>(use: (found: { readonly broker: KafkaJsBroker }) => Promise<T>): Promise<T>;
    };
  };
  return brokerPool.withBroker(({ broker }) => send(broker, metadataApi, topics));
}

/** `isolation.level` in the protocol: whether the records of open and aborted transactions count. */
export const isolation = { readUncommitted: 0, readCommitted: 1 } as const;

/**
 * Which offset is asked for: of the first record (-2), after the last one (-1), or of the first record from a time on (ms). What is after
 * the last record is the high watermark or, with `readCommitted`, the last stable offset.
 */
export interface OffsetsRequest {
  readonly timestamp: number;
  readonly isolation: (typeof isolation)[keyof typeof isolation];
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

export type OffsetsAnswer = readonly {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly error: number;
    readonly offset: number;
  }[];
}[];

const listOffsetsApi: Api<OffsetsRequest, OffsetsAnswer> = {
  key: 2,
  version: 2,
  name: 'ListOffsets',
  encode: (encoder, { timestamp, isolation: isolationLevel, topics }) => {
    const EncoderClass = encoder.constructor as new () => Encoder;
    return encoder
      .writeInt32(-1)
      .writeInt8(isolationLevel)
      .writeArray(
        topics.map(({ topic, partitions }) =>
          new EncoderClass()
            .writeString(topic)
            .writeArray(
              partitions.map((partition) =>
                new EncoderClass().writeInt32(partition).writeInt64(String(timestamp)),
              ),
            ),
        ),
      );
  },
  decode: (decoder) => {
    decoder.readInt32();
    return decoder.readArray(() => ({
      topic: decoder.readString(),
      partitions: decoder.readArray(() => {
        const partition = decoder.readInt32();
        const error = decoder.readInt16();
        decoder.readInt64(); // timestamp
        return { partition, error, offset: Number(decoder.readInt64().toString()) };
      }),
    }));
  },
};

/** Offsets of partitions that a broker leads. */
export function listOffsets(broker: KafkaJsBroker, request: OffsetsRequest): Promise<OffsetsAnswer> {
  return send(broker, listOffsetsApi, request);
}

export type LogDirsAnswer = readonly {
  readonly error: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly bytes: number }[];
  }[];
}[];

const logDirsApi: Api<null, LogDirsAnswer> = {
  key: 35,
  version: 1,
  name: 'DescribeLogDirs',
  encode: (encoder) => encoder.writeInt32(-1),
  decode: (decoder) => {
    decoder.readInt32();
    return decoder.readArray(() => {
      const error = decoder.readInt16();
      decoder.readString(); // the folder
      return {
        error,
        topics: decoder.readArray(() => ({
          topic: decoder.readString(),
          partitions: decoder.readArray(() => {
            const partition = decoder.readInt32();
            const bytes = Number(decoder.readInt64().toString());
            decoder.readInt64(); // how far the replica is behind
            decoder.readBoolean(); // a replica that is being moved here
            return { partition, bytes };
          }),
        })),
      };
    });
  },
};

/** What one broker stores, of all topics (KIP-113). */
export function describeLogDirs(broker: KafkaJsBroker): Promise<LogDirsAnswer> {
  return send(broker, logDirsApi, null);
}
