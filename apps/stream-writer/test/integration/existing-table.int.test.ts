import { tableFromSchema, TableRepository } from '@sluice/cassandra-repository';
import { userRecordSchema, userRowSchema, type UserRow } from '@sluice/user-schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WriterFixture } from '../writer-fixture.ts';

const ada = '0b8b6a0e-6f4b-4b57-8c2b-6d0b6f1f2a3c';
const bob = '7a3f0d52-91ee-4c0b-a6f1-0f2b9c1d4e5f';

/** As the original pipeline sends them: coordinates as text, ages as numbers, postcodes as either. */
const originals = [
  {
    first_name: 'Ada',
    last_name: 'Öztürk',
    gender: 'female',
    street: '8929 Valwood Pkwy',
    city: 'Ankara',
    state: 'Çankaya',
    country: 'Turkey',
    postcode: 40196,
    latitude: '-69.8246',
    longitude: '134.8719',
    email: 'Ada.Ozturk@Example.com',
    uuid: ada,
    username: 'yellowpeacock117',
    password: 'addison',
    birthdate: '1992-03-08T15:13:16.688Z',
    age: 34,
    registered_date: '2007-07-09T05:51:59.390Z',
    phone: '(489)-330-2385',
    cell: '(554)-299-4578',
    picture: 'https://randomuser.me/api/portraits/women/75.jpg',
    nationality: 'TR',
  },
  {
    first_name: 'Bob',
    last_name: "O'Neill",
    gender: 'male',
    street: '12 High Street',
    city: 'York',
    state: 'Kent',
    country: 'United Kingdom',
    postcode: 'YO1 7HH',
    latitude: '8.0000',
    longitude: '-0.5000',
    email: 'bob@example.com',
    uuid: bob,
    username: 'bob',
    password: 'secret',
    birthdate: '1948-12-31T23:59:59.999Z',
    age: 77,
    registered_date: '2015-01-01T00:00:00.000Z',
    phone: null,
    cell: null,
    picture: null,
    nationality: 'GB',
  },
];

describe('a table made by the original pipeline', () => {
  let fixture: WriterFixture;
  beforeEach(async () => {
    fixture = await WriterFixture.create();
    await fixture.session.query(
      `CREATE KEYSPACE ${fixture.keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
  });
  afterEach(() => fixture.drop());

  function create(types: Readonly<Record<string, string>>) {
    const columns = userRecordSchema.fields.map(({ name }) => `${name} ${types[name] ?? 'text'}`);
    return fixture.session.query(
      `CREATE TABLE ${fixture.keyspace}.user_records (${columns.join(', ')}, PRIMARY KEY (uuid))`,
    );
  }

  it.each(['uuid', 'text'])('is filled, its 20 columns of text and its key of %s', async (keyType) => {
    await create({ uuid: keyType });
    const { code, writer: migration } = await fixture.run('migrate');
    expect(code, migration.messages).toBe(0);
    expect(migration.summary.cassandra).toMatchObject({
      differences: [],
      conversions: expect.arrayContaining([
        expect.objectContaining({ column: 'age', defined: 'int', found: 'text' }),
      ]) as unknown,
    });
    await fixture.send(originals.map((value) => ({ key: null, value: Buffer.from(JSON.stringify(value)) })));

    const { code: drained, writer } = await fixture.run('drain');

    expect(drained, writer.messages).toBe(0);
    expect(writer.summary).toMatchObject({ written: 2, deadLettered: 0 });
    const logged = await writer.logged('values are converted');
    expect(logged.columns).toContain('latitude (double as text)');
    const rows = new Map((await fixture.rows()).map((row) => [row.uuid, row]));
    expect(rows.size).toBe(2);
    expect(rows.get(ada)).toMatchObject({
      ...originals[0],
      postcode: '40196',
      age: '34',
      // What has no column in that table is added with its own type.
      full_name: 'Ada Öztürk',
      email_domain: 'example.com',
      age_group: '25-34',
      source_partition: expect.any(Number) as unknown,
      source_offset: expect.any(BigInt) as unknown,
      event_time: expect.any(Number) as unknown,
    });
    expect(rows.get(bob)).toMatchObject({ ...originals[1], latitude: '8', longitude: '-0.5', age: '77' });

    const table = tableFromSchema(userRowSchema, {
      keyspace: fixture.keyspace,
      table: 'user_records',
      partitionKey: ['uuid'],
    });
    expect(await TableRepository.open<UserRow>(fixture.session, table).find({ uuid: bob })).toMatchObject({
      ...originals[1],
      latitude: 8,
      longitude: -0.5,
      birthdate: Date.parse('1948-12-31T23:59:59.999Z'),
      registered_date: Date.parse('2015-01-01T00:00:00.000Z'),
    });
  });

  it('is refused by the name of a column that does not keep every value, and nothing is read', async () => {
    await create({ uuid: 'uuid', age: 'smallint' });
    const { writer: migration } = await fixture.run('migrate');
    const refusal = `column age of ${fixture.keyspace}.user_records is smallint, which does not keep every int`;
    expect((await migration.logged(refusal)).level).toBe('warn');
    await fixture.send([{ key: null, value: Buffer.from(JSON.stringify(originals[0])) }]);

    const { code, writer } = await fixture.run('drain');

    expect(code).toBe(1);
    expect(writer.messages).toContain(refusal);
    expect(await fixture.totalLag()).toBe(1);
    expect(await fixture.letters()).toEqual([]);
  });
});
