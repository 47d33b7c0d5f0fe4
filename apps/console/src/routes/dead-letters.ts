import { pageLimit } from '../contract/common.ts';
import { userRecordSchema } from '@sluice/user-schema';
import { deadLetterHeaders } from '@sluice/kafka-client';
import type { Handlers } from '../handlers.ts';
import { type IndexedLetter, indexed } from '../letter-index.ts';
import { badRequest, keyMasked } from '../problem.ts';
import { schemaText } from '../schema-text.ts';
import type { Services } from '../services.ts';
import { letterLock, startRedrive } from '../start-redrive.ts';

export function deadLetterRoutes(
  services: Services,
): Handlers<
  | 'GET /api/dead-letters'
  | 'POST /api/dead-letters/search'
  | 'POST /api/dead-letters/letter'
  | 'POST /api/dead-letters/redrive'
> {
  const { servers, config, letters, tasks, topicMessages: messages } = services;
  const topic = config.KAFKA_DLQ_TOPIC;

  /** The schema that a letter's value names, else the contract. */
  const schemaOf = async (schemaId: number | null) => {
    const found =
      schemaId === null ? undefined : await servers.registry?.schemaById(schemaId).catch(() => undefined);
    return found
      ? { name: `schema ${found.id} of the registry`, avsc: schemaText(found.avsc) }
      : {
          name: `the contract, ${userRecordSchema.name}`,
          avsc: schemaText(userRecordSchema.avsc),
        };
  };

  return {
    'GET /api/dead-letters': async () => {
      const complete = await letters.update();
      return {
        topic,
        complete,
        ...letters.overview(),
        running: tasks.runningOn(letterLock(topic))?.id ?? null,
      };
    },
    'POST /api/dead-letters/search': (
      { body: { limit = pageLimit, cursor, reveal = false, ...conditions } },
      { record },
    ) => {
      const search = async () => {
        await letters.update();
        const found = letters.find(conditions);
        const from = cursor === undefined ? 0 : placeAfter(found, cursor);
        const page = found.slice(from, from + limit);
        const last = page.at(-1);
        return {
          letters: page.map(({ key: _key, topicId: _topicId, ...summary }) => summary),
          total: found.length,
          next: last && from + limit < found.length ? cursorAt(last) : null,
        };
      };
      const { key } = conditions;
      if (key === undefined || services.messages.isPublicKey(topic, key)) return search();
      // whether a letter is found would tell its key; what was looked for may be personal
      return reveal ? record('letters-by-key', { topic }, search) : Promise.reject(keyMasked(topic));
    },
    'POST /api/dead-letters/letter': (
      { body: { partition, offset, full = false, reveal = false } },
      { record },
    ) => {
      const read = async () => {
        const found = await messages.record(topic, partition, offset);
        const { key: _key, topicId: _topicId, ...summary } = indexed(found);
        const size = full ? 'full' : 'one';
        const message = await services.messages.read(found, { size, reveal });
        const pipeline =
          message.headers.findLast(({ name }) => name === deadLetterHeaders.pipeline)?.value.text ?? null;
        return { summary, pipeline, message, schema: await schemaOf(message.value.schemaId) };
      };
      return reveal ? record('letter-reveal', { topic, partition, offset }, read) : read();
    },
    'POST /api/dead-letters/redrive': ({ body }, { record, viewer }) => {
      const { codes, stages, since, until, letters: chosen, dryRun } = body;
      const { restart = false, force = false, formerTopics = false } = body;
      const details = {
        topic,
        dryRun,
        restart,
        force,
        formerTopics,
        letters: chosen?.length ?? 'by filter',
        codes: codes?.join(',') ?? 'all',
        stages: stages?.join(',') ?? 'all',
        since: since ?? null,
        until: until ?? null,
        oneKey: body.key !== undefined,
      };
      const start = () => Promise.resolve(startRedrive(services, body, viewer?.who ?? ''));
      return record('redrive', details, async () => start());
    },
  };
}

/** A page goes on after the letter that the cursor names, also where newer ones came since. */
function placeAfter(found: readonly IndexedLetter[], cursor: string): number {
  const at = found.findIndex((letter) => cursorAt(letter) === cursor);
  if (at >= 0) return at + 1;
  throw badRequest('the letter that the page ended with is gone', 'Begin with the first page.');
}

function cursorAt({ partition, offset }: IndexedLetter): string {
  return `${partition}:${offset}`;
}
