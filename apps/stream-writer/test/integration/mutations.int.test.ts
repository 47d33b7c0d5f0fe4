import { randomUUID } from 'node:crypto';
import {
  type ConsumedRecord,
  deadLetterHeaders,
  lastHeader,
  type RecordHeaders,
  sluiceHeaders,
} from '@sluice/kafka-client';
import {
  avroEncoder,
  dataErrorReasons,
  isLowerCaseUuid,
  jsonEncoder,
  parseSchema,
  recordValidator,
} from '@sluice/record-schema';
import { frameHeader, SchemaRegistry } from '@sluice/schema-registry';
import {
  type Decoded,
  RecordHeld,
  type RecordDecoder,
  recordDecoder,
  RecordRefusal,
} from '@sluice/stream-pipeline';
import {
  enrichUser,
  userRecordSchema,
  type UserRecord,
  userRowSchema,
  type UserRow,
} from '@sluice/user-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mutations } from '../mutations.ts';
import { WriterFixture } from '../writer-fixture.ts';

const seed = Number(process.env.MUTATION_SEED ?? Date.now() % 2 ** 31);
const withSeed = `MUTATION_SEED=${seed} repeats it`;

const codes = new Set<string>([...dataErrorReasons, 'bad-header']);
const fields = new Set(userRecordSchema.fields.map(({ name }) => name));
const checkRow = recordValidator(userRowSchema);

type Outcome = Decoded<UserRow> | RecordRefusal;

/** Decodes as the writer does, waiting for schemas where the writer would. Whatever else is thrown is a fault. */
async function outcomeOf(decoder: RecordDecoder<UserRow>, record: ConsumedRecord): Promise<Outcome> {
  for (let tries = 0; tries < 10; tries++)
    try {
      return decoder.decode(record);
    } catch (error) {
      if (error instanceof RecordRefusal) return error;
      if (!(error instanceof RecordHeld)) throw error;
      await error.until;
    }
  throw new Error('the record is held for ever');
}

/** A row that every column can hold, the delete of a key, or a refusal with a code of the closed list. */
function checkOutcome(outcome: Outcome): void {
  if (outcome instanceof RecordRefusal) {
    const [field, reason] = outcome.code.includes(':') ? outcome.code.split(':') : [undefined, outcome.code];
    if (!codes.has(reason ?? '') || (field !== undefined && !fields.has(field)))
      throw new Error(`the code ${outcome.code} is in no list`);
    return;
  }
  if (outcome.kind === 'filtered') throw new Error('nothing is filtered here');
  if (!isLowerCaseUuid(outcome.identity)) throw new Error('the identity is not a UUID');
  if (outcome.kind === 'upsert') checkRow(outcome.row);
  const { writeTimestamp } = outcome.version;
  if (!Number.isSafeInteger(writeTimestamp) || writeTimestamp < 0) throw new Error('a bad write timestamp');
}

/** With a write timestamp that no other record has, so that one of a user's messages is the newest; or with a malformed one. */
function ordered(headers: RecordHeaders, index: number): RecordHeaders {
  const others = headers.filter(([name]) => name !== sluiceHeaders.writeTimestamp);
  const isMalformed = headers.some(
    ([name, value]) =>
      name === sluiceHeaders.writeTimestamp && !/^\d+$/.test(value?.toString('latin1') ?? ''),
  );
  const unique = Buffer.from(String(Date.now() * 1000 + index));
  return isMalformed ? headers : [...others, [sluiceHeaders.writeTimestamp, unique]];
}

interface Version {
  readonly version: Exclude<Decoded<UserRow>, { kind: 'filtered' }>['version'];
}

function isNewer({ version }: Version, than: Version | undefined): boolean {
  if (than === undefined) return true;
  const { writeTimestamp, offset } = than.version;
  return version.writeTimestamp === writeTimestamp
    ? version.offset > offset
    : version.writeTimestamp > writeTimestamp;
}

describe('damaged messages', () => {
  const registry = new SchemaRegistry({ url: process.env.SCHEMA_REGISTRY_URL ?? '' });
  const decoder = recordDecoder<UserRecord, UserRow>(userRecordSchema, {
    key: 'uuid',
    transform: enrichUser,
    registry,
    unknownSchemaWaitMs: 0,
  });
  let mutations: Mutations;
  let fixture: WriterFixture;

  beforeAll(async () => {
    console.log(`mutations of seed ${seed}: ${withSeed}`);
    const subject = `mutations-${randomUUID()}`;
    const added = { name: 'shoe_size', type: ['null', 'int'], default: null };
    const { fields, ...rest } = userRecordSchema.avsc as { readonly fields: readonly object[] };
    const newer = parseSchema({ ...rest, fields: [...fields, added] });
    const order = parseSchema({ type: 'record', name: 'Order', fields: [{ name: 'id', type: 'string' }] });
    const register = async (schema: typeof order) => ({
      header: frameHeader(await registry.register(`${subject}-${schema.name}`, { avsc: schema.avsc })),
    });
    const avro = avroEncoder<UserRecord>(userRecordSchema, await register(userRecordSchema));
    const newerAvro = avroEncoder<UserRecord & { shoe_size: number }>(newer, await register(newer));
    const json = jsonEncoder<UserRecord>(userRecordSchema);
    mutations = new Mutations(seed, {
      encodings: [
        (user) => json.encode(user),
        (user) => Buffer.from(JSON.stringify(user)),
        (user) => avro.encode(user),
        (user) => newerAvro.encode({ ...user, shoe_size: 43 }),
      ],
      unknownIds: [-1, 2_000_000_000],
      stranger: avroEncoder(order, await register(order)).encode({ id: '7' }),
    });
    fixture = await (await WriterFixture.create()).migrated();
  });
  afterAll(async () => {
    await fixture.drop();
    await registry.close();
  });

  it(
    '100,000 of them each become a row that the table can hold, a delete, or a refusal with a known code',
    { timeout: 180_000 },
    async () => {
      const counts = new Map<string, number>();
      for (let offset = 0; offset < 100_000; offset++) {
        const { key, value, headers = [], timestamp = Date.now() } = mutations.damaged();
        const record = { topic: 't', partition: 0, offset, timestamp, key, value, headers };
        try {
          const outcome = await outcomeOf(decoder, record);
          checkOutcome(outcome);
          const kind = outcome instanceof RecordRefusal ? outcome.code : outcome.kind;
          counts.set(kind, (counts.get(kind) ?? 0) + 1);
        } catch (error) {
          throw new Error(
            `message ${offset}, ${withSeed}: ${value?.toString('base64') ?? 'null'} ${JSON.stringify({ ...record, value: undefined })}`,
            { cause: error },
          );
        }
      }
      // The damage is neither so small nor so great that nothing is tried.
      for (const kind of [
        'upsert',
        'delete',
        'bad-json',
        'bad-avro',
        'incompatible-schema',
        'unknown-schema',
      ])
        expect(counts.get(kind) ?? 0, `${kind}, ${withSeed}`).toBeGreaterThan(100);
      expect(counts.size).toBeGreaterThan(40);
    },
  );

  it(
    'some thousands of them, among right ones, end in the table or among the dead letters, by the writer',
    { timeout: 180_000 },
    async () => {
      // Half of them are right: a flood of dead letters would make the writer stop and ask.
      const sent = Array.from({ length: 6_000 }, (_, i) => {
        const { key, value, headers = [] } = i % 2 === 0 ? mutations.right() : mutations.damaged();
        return { key, value, headers: ordered(headers, i) };
      });
      await fixture.send(sent);
      const { code, writer } = await fixture.run('drain');
      expect(code, writer.messages).toBe(0);

      const letters = new Map(
        (await fixture.letters()).map(({ record: { headers }, code }) => {
          const said = (name: string) => lastHeader(headers, name)?.toString() ?? '';
          return [`${said(deadLetterHeaders.sourcePartition)}/${said(deadLetterHeaders.sourceOffset)}`, code];
        }),
      );
      const refused = new Map<string, string>();
      const newest = new Map<string, Exclude<Decoded<UserRow>, { kind: 'filtered' }>>();
      for (const record of await fixture.sourceRecords()) {
        const outcome = await outcomeOf(decoder, record);
        if (outcome instanceof RecordRefusal)
          refused.set(`${record.partition}/${record.offset}`, outcome.code);
        else if (outcome.kind !== 'filtered' && isNewer(outcome, newest.get(outcome.identity)))
          newest.set(outcome.identity, outcome);
      }
      expect(letters, withSeed).toEqual(refused);
      expect(refused.size, withSeed).toBeGreaterThan(1_000);
      const expected = [...newest.values()].flatMap((outcome) =>
        outcome.kind === 'upsert' ? [outcome.row] : [],
      );
      const byId = (one: { uuid?: unknown }, other: { uuid?: unknown }) =>
        String(one.uuid) < String(other.uuid) ? -1 : 1;
      expect((await fixture.rows()).sort(byId), withSeed).toEqual(expected.sort(byId));
    },
  );
});
