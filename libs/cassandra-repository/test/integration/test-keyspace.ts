import { randomUUID } from 'node:crypto';
import { parseSchema } from '@sluice/record-schema';
import { CassandraSession, type CassandraOptions, tableFromSchema } from '../../src/index.ts';

/** The Cassandra that the tests run on, as test-kit names it. */
export function cassandra(): CassandraOptions {
  const { CASSANDRA_CONTACT_POINTS = '127.0.0.1', CASSANDRA_PORT = '9042' } = process.env;
  return {
    contactPoints: CASSANDRA_CONTACT_POINTS.split(','),
    port: Number(CASSANDRA_PORT),
    localDataCenter: 'datacenter1',
    applicationName: 'cassandra-repository tests',
  };
}

export interface TestKeyspace {
  readonly session: CassandraSession;
  readonly keyspace: string;
  drop(): Promise<void>;
}

/** A session, and the name of a keyspace that no other test has. */
export async function testKeyspace(options: Partial<CassandraOptions> = {}): Promise<TestKeyspace> {
  const session = await CassandraSession.connect({ ...cassandra(), ...options });
  const keyspace = `test_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
  return {
    session,
    keyspace,
    async drop() {
      await session.query(`DROP KEYSPACE IF EXISTS "${keyspace}"`, [], { timeoutMs: 60_000 });
      await session.close();
    },
  };
}

/** A write timestamp, us: that many after one in 2023. */
export function us(after: number): number {
  return 1_700_000_000_000_000 + after;
}

/** A row with every type that a column can have. */
export interface Sample {
  id: string;
  name: string | null;
  age: number | null;
  offset: bigint | null;
  height: number | null;
  weight: number | null;
  active: boolean | null;
  photo: Buffer | null;
  born: number | null;
  joined: string | null;
  balance: string | null;
}

const sampleSchema = parseSchema({
  type: 'record',
  name: 'Sample',
  fields: [
    { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
    { name: 'name', type: ['null', 'string'], default: null },
    { name: 'age', type: ['null', 'int'], default: null },
    { name: 'offset', type: ['null', 'long'], default: null },
    { name: 'height', type: ['null', 'float'], default: null },
    { name: 'weight', type: ['null', 'double'], default: null },
    { name: 'active', type: ['null', 'boolean'], default: null },
    { name: 'photo', type: ['null', 'bytes'], default: null },
    { name: 'born', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], default: null },
    { name: 'joined', type: ['null', { type: 'int', logicalType: 'date' }], default: null },
    {
      name: 'balance',
      type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 2 }],
      default: null,
    },
  ],
});

export function sampleTable(keyspace: string, table = 'samples') {
  return tableFromSchema(sampleSchema, { keyspace, table, partitionKey: ['id'] });
}

export function sample(values: Partial<Sample> = {}): Sample {
  return {
    id: randomUUID(),
    name: 'Zoë 🙂',
    age: 41,
    offset: 9_007_199_254_740_993n,
    height: 1.5,
    weight: 71.25,
    active: true,
    photo: Buffer.from([0, 255]),
    born: -86_400_001,
    joined: '2024-02-29',
    balance: '-1234567890123456789.50',
    ...values,
  };
}
