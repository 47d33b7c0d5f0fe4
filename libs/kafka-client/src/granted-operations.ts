import { setTimeout as delay } from 'node:timers/promises';
import { type Api, type Decoder, type Encoder, send } from './cluster-requests.ts';
import { protocolErrorType } from './errors.ts';
import type { KafkaJsBroker, KafkaJsCluster } from './kafkajs-cluster.ts';

/**
 * What the brokers let this client do with topics and groups (KIP-430). The versions are the first that tell it, from Kafka 2.3 on. A
 * cluster without an authorizer allows everything.
 */

/** By name: a bit per operation, by its number in the protocol, or the number of the error in place of an answer. */
type Granted = ReadonlyMap<string, { readonly error: number; readonly operations: number }>;

const topicsApi: Api<readonly string[], Granted> = {
  key: 3,
  version: 8,
  name: 'Metadata',
  encode: (encoder, topics) => {
    const EncoderClass = encoder.constructor as new () => Encoder;
    return encoder
      .writeArray(topics.map((topic) => new EncoderClass().writeString(topic)))
      .writeBoolean(false) // creates no topic
      .writeBoolean(false) // nothing of the cluster
      .writeBoolean(true);
  },
  decode: (decoder) => {
    decoder.readInt32();
    decoder.readArray(() => [
      decoder.readInt32(),
      decoder.readString(),
      decoder.readInt32(),
      decoder.readString(),
    ]);
    decoder.readString();
    decoder.readInt32();
    return new Map(
      decoder.readArray(() => {
        const error = decoder.readInt16();
        const topic = decoder.readString();
        decoder.readBoolean();
        decoder.readArray(() => skipPartition(decoder));
        return [topic, { error, operations: decoder.readInt32() }] as const;
      }),
    );
  },
};

function skipPartition(decoder: Decoder): void {
  decoder.readInt16();
  times(3, () => decoder.readInt32()); // its number, leader, leader epoch
  times(3, () => decoder.readArray(() => decoder.readInt32())); // replicas, in sync, offline
}

function times(count: number, read: () => unknown): void {
  for (let done = 0; done < count; done += 1) read();
}

const groupApi: Api<string, Granted> = {
  key: 15,
  version: 3,
  name: 'DescribeGroups',
  encode: (encoder, group) => {
    const EncoderClass = encoder.constructor as new () => Encoder;
    return encoder.writeArray([new EncoderClass().writeString(group)]).writeBoolean(true);
  },
  decode: (decoder) => {
    decoder.readInt32();
    return new Map(
      decoder.readArray(() => {
        const error = decoder.readInt16();
        const group = decoder.readString();
        times(3, () => decoder.readString()); // state, protocol type, protocol
        decoder.readArray(() => {
          times(3, () => decoder.readString()); // member, client, host
          times(2, () => decoder.readBytes()); // metadata, assignment
        });
        return [group, { error, operations: decoder.readInt32() }] as const;
      }),
    );
  },
};

export function topicOperations(cluster: KafkaJsCluster, topics: readonly string[]): Promise<Granted> {
  return withBroker(cluster, (broker) => send(broker, topicsApi, topics));
}

/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: a new cluster says this for a second or two. */
const notYet: readonly unknown[] = [14, 15, 16];
const attempts = 30;
const betweenAttemptsMs = 100;

/** Empty where this client may not even know where the group is. */
export async function groupOperations(cluster: KafkaJsCluster, group: string): Promise<Granted> {
  try {
    for (let attempt = 1; ; attempt += 1) {
      const coordinator = await cluster.findGroupCoordinator({ groupId: group });
      const granted = await send(coordinator, groupApi, group);
      if (attempt === attempts || !notYet.includes(granted.get(group)?.error)) return granted;
      await delay(betweenAttemptsMs);
    }
  } catch (error) {
    if (await isHidden(cluster, group)) return new Map();
    throw error;
  }
}

/** kafkajs says only that it failed to find the coordinator. */
async function isHidden(cluster: KafkaJsCluster, groupId: string): Promise<boolean> {
  const failure = await withBroker(cluster, (broker) =>
    (broker as FindingBroker).findGroupCoordinator({ groupId, coordinatorType: 0 }).then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  return protocolErrorType(failure) === 'GROUP_AUTHORIZATION_FAILED';
}

interface FindingBroker extends KafkaJsBroker {
  findGroupCoordinator(of: { readonly groupId: string; readonly coordinatorType: 0 }): Promise<unknown>;
}

function withBroker<T>(cluster: KafkaJsCluster, use: (broker: KafkaJsBroker) => Promise<T>): Promise<T> {
  const { brokerPool } = cluster as unknown as {
    brokerPool: { withBroker(use: (found: { readonly broker: KafkaJsBroker }) => Promise<T>): Promise<T> };
  };
  return brokerPool.withBroker(({ broker }) => use(broker));
}
