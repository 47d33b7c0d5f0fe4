import type { ConsumedRecord } from '@sluice/kafka-client';
import { recordDecoder, type RecordDecoder, RecordHeld, RecordRefusal } from '@sluice/stream-pipeline';
import { enrichUser, userRecordSchema, type UserRecord, type UserRow as User } from '@sluice/user-schema';
import type { Trace } from './contract/topics.ts';
import { usersTable } from './servers.ts';
import type { Services } from './services.ts';
import type { TopicMessages } from './topic-messages.ts';
import { type UserRow, UserRows } from './user-rows.ts';
import { ConsoleError } from './problem.ts';

type Step = Trace['steps'][number];

/** Follows one record of the pipeline's topic to its row, or to where it stayed. */
export class Tracer {
  readonly #services: Services;
  readonly #messages: TopicMessages;
  readonly #decoder: RecordDecoder<User>;

  constructor(services: Services) {
    this.#services = services;
    const { servers, config } = services;
    this.#messages = services.topicMessages;
    this.#decoder = recordDecoder<UserRecord, User>(userRecordSchema, {
      maxClockSkewMs: config.MAX_CLOCK_SKEW,
      registry: servers.registry,
      key: 'uuid',
      transform: enrichUser,
    });
  }

  /** @throws ConsoleError 404, 503 */
  async trace(partition: number, offset: string): Promise<Trace> {
    const { config } = this.#services;
    const record = await this.#messages.record(config.KAFKA_TOPIC, partition, offset);
    const topicId = await this.#topicId();
    const produced: Step = {
      name: 'in the topic',
      done: true,
      detail: `${config.KAFKA_TOPIC}[${partition}] at offset ${offset}`,
    };
    const committed = await this.#committed(partition, topicId);
    const isCommitted = committed !== undefined && committed > record.offset;
    const settled: Step = {
      name: 'settled by a writer',
      done: isCommitted,
      detail: isCommitted
        ? `group ${config.KAFKA_GROUP_ID} has committed offset ${committed}`
        : `group ${config.KAFKA_GROUP_ID} ${committed === undefined ? 'has committed nothing' : `is at offset ${committed}`} in this partition`,
    };
    const steps = [produced, settled];
    if (record.unreadable) {
      const { code } = record.unreadable;
      return this.#refused(record, { stage: 'source', code }, { steps, isCommitted, topicId });
    }
    const decoded = await this.#decode(record);
    if (decoded instanceof RecordRefusal)
      return this.#refused(record, decoded, { steps, isCommitted, topicId });

    const { uuid, writeTimestamp, isDelete } = decoded;
    const row = await this.#services.servers.cassandra.use((session) =>
      new UserRows(session, usersTable(config)).find(uuid),
    );
    const found = outcomeOf({ row, writeTimestamp, isDelete, isCommitted });
    return {
      ...found,
      steps: [...steps, { name: 'in the table', done: found.done, detail: found.explanation }],
      uuid,
      writeTimestamp: String(writeTimestamp),
      rowWriteTimestamp: row?.newest ? String(row.newest) : null,
      letter: found.outcome === 'no-row' ? await this.#letterOf(record, topicId) : null,
    };
  }

  async #refused(
    record: ConsumedRecord,
    { stage, code }: Pick<RecordRefusal, 'stage' | 'code'>,
    {
      steps,
      isCommitted,
      topicId,
    }: {
      readonly steps: readonly Step[];
      readonly isCommitted: boolean;
      readonly topicId: string | undefined;
    },
  ): Promise<Trace> {
    const letter = await this.#letterOf(record, topicId);
    const explanation = letter
      ? `The record could not be processed (${letter.stage}: ${letter.code}); it is a dead letter.`
      : isCommitted
        ? `The record cannot be processed (${stage}: ${code}), and no letter of it is among the newest: it may have expired.`
        : `The record cannot be processed (${stage}: ${code}); the writer will make a dead letter of it when it comes to it.`;
    return {
      outcome: letter || isCommitted ? 'dead-letter' : 'waiting',
      explanation,
      steps: [...steps, { name: 'in the dead letters', done: letter !== null, detail: explanation }],
      uuid: null,
      writeTimestamp: null,
      rowWriteTimestamp: null,
      letter,
    };
  }

  async #letterOf(
    { topic, partition, offset, timestamp, key }: ConsumedRecord,
    topicId: string | undefined,
  ): Promise<Trace['letter']> {
    const { letters } = this.#services;
    await letters.update();
    const found = letters.ofRecord({ topic, topicId, partition, offset, timestamp, key });
    return found
      ? { partition: found.partition, offset: found.offset, stage: found.stage, code: found.code }
      : null;
  }

  /** Dead letters and commits of an earlier topic of the same name are told from those of this one by it. */
  async #topicId(): Promise<string | undefined> {
    const { config, servers } = this.#services;
    const ids = await servers.cluster.use((inspector) => inspector.topicIds([config.KAFKA_TOPIC]));
    return ids.get(config.KAFKA_TOPIC);
  }

  async #committed(partition: number, topicId: string | undefined): Promise<number | undefined> {
    const { config, servers } = this.#services;
    const all = await servers.cluster.use((inspector) => inspector.committed(config.KAFKA_GROUP_ID));
    const found = all.find(
      ({ topic, partition: committed }) => topic === config.KAFKA_TOPIC && committed === partition,
    );
    const isEarlier = found?.topicId !== undefined && topicId !== undefined && found.topicId !== topicId;
    return isEarlier ? undefined : found?.offset;
  }

  /** As the writer decodes it; a schema that has to be looked up is waited for a few times. */
  async #decode(
    record: ConsumedRecord,
  ): Promise<{ uuid: string; writeTimestamp: number; isDelete: boolean } | RecordRefusal> {
    for (let attempt = 1; ; attempt++)
      try {
        const decoded = this.#decoder.decode(record);
        // nothing filters users
        if (decoded.kind === 'filtered') throw new Error('the record was filtered');
        const { identity: uuid, version, kind } = decoded;
        return { uuid, writeTimestamp: version.writeTimestamp, isDelete: kind === 'delete' };
      } catch (error) {
        if (error instanceof RecordRefusal) return error;
        if (!(error instanceof RecordHeld)) throw error;
        if (attempt === 3)
          throw new ConsoleError(error.message, {
            status: 503,
            code: error.code,
            action: 'Once the schema registry answers, try again.',
            cause: error,
          });
        await (error.until ?? Promise.resolve());
      }
  }
}

function outcomeOf({
  row,
  writeTimestamp,
  isDelete,
  isCommitted,
}: {
  readonly row: UserRow | undefined;
  readonly writeTimestamp: number;
  readonly isDelete: boolean;
  readonly isCommitted: boolean;
}): Pick<Trace, 'outcome' | 'explanation'> & { readonly done: boolean } {
  const rowTime = row?.newest;
  if (rowTime !== null && rowTime !== undefined && rowTime > BigInt(writeTimestamp))
    return {
      outcome: 'newer-row',
      done: true,
      explanation: 'The row holds a newer record of the same key, which is as it should be.',
    };
  if (!isCommitted && (isDelete ? row : !row || (rowTime ?? 0n) < BigInt(writeTimestamp)))
    return { outcome: 'waiting', done: false, explanation: 'The writers have not come to this record.' };
  if (isDelete)
    return row
      ? {
          outcome: 'row',
          done: false,
          explanation: 'The record deletes the row, and it is still there: run an audit.',
        }
      : { outcome: 'deleted', done: true, explanation: 'The record deleted the row.' };
  if (!row)
    return {
      outcome: 'no-row',
      done: false,
      explanation:
        'There is no row: a later record deleted it, it is a dead letter, or it was lost, which an audit would show.',
    };
  return rowTime === BigInt(writeTimestamp)
    ? { outcome: 'row', done: true, explanation: 'The row holds this record.' }
    : { outcome: 'no-row', done: false, explanation: 'The row is older than this record: run an audit.' };
}
