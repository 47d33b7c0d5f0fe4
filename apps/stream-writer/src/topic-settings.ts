/** Settings of a topic as the brokers apply them, defaults included. */
type TopicConfig = Readonly<Record<string, string>>;

/** What a dead letter may weigh beside the record it carries. */
const deadLetterRoomBytes = 1024 * 1024;
const dayMs = 86_400_000;
/** How long topics created here keep their records. */
export const weekMs = 7 * dayMs;

export function sourceTopicConfig(replicationFactor: number): TopicConfig {
  return {
    'cleanup.policy': 'delete',
    'min.insync.replicas': String(minInSync(replicationFactor)),
    'unclean.leader.election.enable': 'false',
    'message.timestamp.type': 'CreateTime',
    'retention.ms': String(weekMs),
  };
}

/** `source` is the topic whose dead letters it takes. */
export function deadLetterTopicConfig(replicationFactor: number, source: TopicConfig): TopicConfig {
  return {
    ...sourceTopicConfig(replicationFactor),
    'max.message.bytes': String(largestDeadLetter(source)),
    // a dead letter that is too large is sent compressed, and has to stay so
    'compression.type': 'producer',
  };
}

/** What weakens a promise in the settings of the source topic: each setting with its consequence and the remedy. */
export function sourceTopicWarnings(config: TopicConfig, replicas: Replicas): readonly string[] {
  const retention = retentionOf(config);
  return [
    ...replicaWarnings(config, replicas),
    ...unlessEqual(config, 'cleanup.policy', {
      delete:
        'older versions of a key are removed before they are audited or redriven, and a delete is forgotten after delete.retention.ms, so that a writer that was stopped for longer keeps the row',
    }),
    ...(retention < 0
      ? [
          'retention.ms is -1: records stay for ever but Cassandra forgets deletes after gc_grace_seconds, so reading old records again can bring deleted rows back',
        ]
      : []),
    ...(retention >= 0 && retention < dayMs
      ? [
          `retention.ms is ${retention}: records that the writer has not read by then are lost, as in an outage of a day. Set it to ${dayMs} at least`,
        ]
      : []),
    ...bytesWarnings(config, 'records are deleted that the writer has not read'),
    ...unlessEqual(config, 'message.timestamp.type', {
      CreateTime:
        "the time of arrival replaces the record's own: a record sent again, or late, without the header sluice.write-timestamp passes for the newest version of its key",
    }),
  ];
}

/** The same for the topic of its dead letters. */
export function deadLetterTopicWarnings(
  config: TopicConfig,
  source: TopicConfig,
  replicas: Replicas,
): readonly string[] {
  const [retention, sourceRetention] = [retentionOf(config), retentionOf(source)];
  const isShorter = retention >= 0 && (sourceRetention < 0 || retention < sourceRetention);
  const largest = largestDeadLetter(source);
  return [
    ...replicaWarnings(config, replicas),
    ...unlessEqual(config, 'cleanup.policy', {
      delete:
        'a dead letter replaces older ones of the same key, which can then be neither redriven nor audited; one without a key is refused, and its partition pauses (compacted-topic)',
    }),
    ...(isShorter
      ? [
          `retention.ms is ${retention}, less than the ${sourceRetention} of the source topic: once a dead letter has expired, its record cannot be redriven, and the audit cannot tell it from a lost one`,
        ]
      : []),
    ...bytesWarnings(config, 'dead letters are deleted that nobody has redriven'),
    ...(Number(config['max.message.bytes']) < largest
      ? [
          `max.message.bytes is ${config['max.message.bytes'] ?? 'unknown'}: a dead letter that is larger is shortened, and can be redriven only while the source topic has its record. Set it to ${largest}`,
        ]
      : []),
    ...unlessEqual(config, 'compression.type', {
      producer:
        'the brokers change the compression of a dead letter that fits only as it was sent, and refuse it',
    }),
  ];
}

export interface Replicas {
  /** Of the partition that has the fewest. */
  readonly found: number;
  /** That the brokers could hold. */
  readonly possible: number;
}

function replicaWarnings(config: TopicConfig, { found, possible }: Replicas): readonly string[] {
  const inSync = Number(config['min.insync.replicas'] ?? 1);
  const warnings: string[] = [];
  if (found < possible)
    warnings.push(
      `replication is ${found}: a record is lost with ${found === 1 ? 'its broker' : 'its brokers'}, and ${possible} could hold it`,
    );
  if (inSync < minInSync(possible))
    warnings.push(
      `min.insync.replicas is ${inSync}: a record is acknowledged on so few brokers and lost with them. Set it to ${minInSync(possible)}`,
    );
  if (inSync > found)
    warnings.push(
      `min.insync.replicas is ${inSync}, more than the ${found} replica(s): no record is acknowledged. Set it to ${minInSync(found)}`,
    );
  return [
    ...warnings,
    ...unlessEqual(config, 'unclean.leader.election.enable', {
      false: 'a replica that lacks acknowledged records can become the leader, and they are lost',
    }),
  ];
}

function bytesWarnings(config: TopicConfig, consequence: string): readonly string[] {
  return unlessEqual(config, 'retention.bytes', { '-1': `${consequence}, however young they are` });
}

/** A setting whose name is `name`, with the value that promises most and what any other one leads to. */
function unlessEqual(
  config: TopicConfig,
  name: string,
  best: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(best).flatMap(([value, consequence]) =>
    config[name] === value
      ? []
      : [`${name} is ${config[name] ?? 'unknown'}: ${consequence}. Set it to ${value}`],
  );
}

export function retentionOf(config: TopicConfig): number {
  return Number(config['retention.ms'] ?? weekMs);
}

function largestDeadLetter(source: TopicConfig): number {
  return Number(source['max.message.bytes'] ?? 1_048_588) + deadLetterRoomBytes;
}

function minInSync(replicas: number): number {
  return Math.max(1, replicas - 1);
}
