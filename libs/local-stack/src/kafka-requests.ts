import { setTimeout as delay } from 'node:timers/promises';
import { crc32c } from './crc32c.ts';
import { expectNoError, KafkaConnection, type BrokerAddress, type BrokerLogin } from './kafka-connection.ts';
import { WireWriter } from './kafka-wire.ts';
import { aclNumbers, type AclBinding } from './principals.ts';

interface Metadata {
  readonly brokers: ReadonlyMap<number, BrokerAddress>;
  readonly controller: number;
  /** Of partition 0; undefined while none is elected. */
  readonly leader: number | undefined;
}

const topicExists = 36;
/** How long a broker may take for a change of the cluster, ms. */
const changeTimeoutMs = 10_000;
const pollMs = 50;

/** An acknowledged produce to a topic with a replica on every broker that is there; the topic is gone afterwards. */
export async function produceOnce(broker: BrokerAddress, topic: string, signal: AbortSignal): Promise<void> {
  const { brokers } = await metadataOf(broker, signal);
  await onController(broker, signal, (connection) => createTopic(connection, topic, brokers.size));
  const leader = await leaderOf(broker, topic, signal);
  await using(leader, signal, (connection) => produce(connection, topic));
  await onController(broker, signal, (connection) => deleteTopic(connection, topic));
}

/** Gives principals their rights. May be repeated. */
export async function createAcls(
  broker: BrokerAddress,
  bindings: readonly AclBinding[],
  signal: AbortSignal,
): Promise<void> {
  const body = new WireWriter().array(bindings, (binding, writer) => {
    const { resource, pattern, operation, allow } = aclNumbers(binding);
    writer.int8(resource).string(binding.name).int8(pattern).string(binding.principal).string('*');
    writer.int8(operation).int8(allow);
  });
  await onController(broker, signal, async (connection) => {
    const answer = await connection.request({ name: 'CreateAcls', apiKey: 30, apiVersion: 1, body });
    answer.int32();
    answer.array((reader) => {
      expectNoError('CreateAcls', reader.int16(), reader.string());
    });
  });
}

async function metadataOf(broker: BrokerAddress, signal: AbortSignal, topic?: string): Promise<Metadata> {
  return using(broker, signal, async (connection) => {
    const topics = topic === undefined ? [] : [topic];
    const body = new WireWriter().array(topics, (name, writer) => writer.string(name));
    const answer = await connection.request({ name: 'Metadata', apiKey: 3, apiVersion: 1, body });
    const brokers = answer.array((reader) => {
      const [id, host, port] = [reader.int32(), reader.string() ?? '', reader.int32()];
      reader.string();
      return [id, { host, port, ...securityOf(broker) }] as const;
    });
    const controller = answer.int32();
    const leaders = answer.array((reader) => {
      reader.int16();
      reader.string();
      reader.int8();
      return reader.array((partition) => {
        const [error, , leader] = [partition.int16(), partition.int32(), partition.int32()];
        partition.array((replica) => replica.int32());
        partition.array((replica) => replica.int32());
        return error === 0 && leader >= 0 ? leader : undefined;
      });
    });
    return { brokers: new Map(brokers), controller, leader: leaders[0]?.[0] };
  });
}

async function leaderOf(broker: BrokerAddress, topic: string, signal: AbortSignal): Promise<BrokerAddress> {
  for (;;) {
    const { brokers, leader } = await metadataOf(broker, signal, topic);
    const address = leader === undefined ? undefined : brokers.get(leader);
    if (address) return address;
    await delay(pollMs, undefined, { signal });
  }
}

async function createTopic(connection: KafkaConnection, topic: string, replicas: number): Promise<void> {
  const body = new WireWriter()
    .array([topic], (name, writer) => writer.string(name).int32(1).int16(replicas).int32(0).int32(0))
    .int32(changeTimeoutMs)
    .int8(0);
  const answer = await connection.request({ name: 'CreateTopics', apiKey: 19, apiVersion: 2, body });
  answer.int32();
  answer.array((reader) => {
    reader.string();
    const [code, message] = [reader.int16(), reader.string()];
    // left there by a start that was interrupted
    if (code !== topicExists) expectNoError('CreateTopics', code, message);
  });
}

async function deleteTopic(connection: KafkaConnection, topic: string): Promise<void> {
  const body = new WireWriter().array([topic], (name, writer) => writer.string(name)).int32(changeTimeoutMs);
  const answer = await connection.request({ name: 'DeleteTopics', apiKey: 20, apiVersion: 1, body });
  answer.int32();
  answer.array((reader) => {
    reader.string();
    expectNoError('DeleteTopics', reader.int16(), null);
  });
}

async function produce(connection: KafkaConnection, topic: string): Promise<void> {
  const allInSync = -1;
  const body = new WireWriter()
    .string(null)
    .int16(allInSync)
    .int32(changeTimeoutMs)
    .array([topic], (name, writer) => writer.string(name).int32(1).int32(0).bytes(recordBatch('ready')));
  const answer = await connection.request({ name: 'Produce', apiKey: 0, apiVersion: 3, body });
  answer.array((reader) => {
    reader.string();
    reader.array((partition) => {
      partition.int32();
      expectNoError('Produce', partition.int16(), null);
      partition.int64();
      partition.int64();
    });
  });
}

/** A batch of one record without a key: see "Record Batch" in Kafka's documentation. */
function recordBatch(value: string): Buffer {
  const now = Date.now();
  const text = Buffer.from(value);
  // Attributes, timestamp delta, offset delta, no key, the value and no headers: varints of one byte, in zigzag.
  const record = Buffer.concat([Buffer.from([0, 0, 0, 1, text.length * 2]), text, Buffer.from([0])]);
  const checked = new WireWriter().int16(0).int32(0).int64(now).int64(now).int64(-1).int16(-1).int32(-1);
  const covered = Buffer.concat([checked.int32(1).end(), Buffer.from([record.length * 2]), record]);
  const magic = 2;
  const afterLength = new WireWriter().int32(-1).int8(magic).int32(crc32c(covered)).end();
  return new WireWriter()
    .int64(0)
    .bytes(Buffer.concat([afterLength, covered]))
    .end();
}

/** With ZooKeeper only the controller changes topics; with KRaft each broker hands such a request on. */
async function onController(
  broker: BrokerAddress,
  signal: AbortSignal,
  action: (connection: KafkaConnection) => Promise<void>,
): Promise<void> {
  const { brokers, controller } = await metadataOf(broker, signal);
  await using(brokers.get(controller) ?? broker, signal, action);
}

async function using<Result>(
  broker: BrokerAddress,
  signal: AbortSignal,
  action: (connection: KafkaConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await KafkaConnection.open(broker, signal);
  try {
    return await action(connection);
  } finally {
    connection.close();
  }
}

function securityOf({ security }: BrokerAddress): { readonly security?: BrokerLogin } {
  return security ? { security } : {};
}
