import avsc, { type Schema } from 'avsc';
import { avroDecoder, avroEncoder, jsonDecoder, jsonEncoder } from '@sluice/record-schema';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import { benchmarkCommand, positive, progress } from './command.ts';
import { median, spread } from './measurement.ts';
import { finish } from './report.ts';
import { userOf } from './users.ts';
import { atLeast } from './verdict.ts';

const { records, rounds } = benchmarkCommand(
  'codec',
  'Reads and writes user records, in JSON and Avro, validated, next to bare JSON.parse, JSON.stringify and avsc on the same\n' +
    'bytes: the ceiling. Rounds alternate.',
)
  .option('--records <count>', 'records read in each round', positive, 100_000)
  .option('--rounds <count>', 'rounds of each', positive, 5)
  .parse()
  .opts<{ records: number; rounds: number }>();

const avroReader = avroDecoder<UserRecord>(userRecordSchema, { avsc: userRecordSchema.avsc });
const avroWriter = avroEncoder<UserRecord>(userRecordSchema);
const bareAvro = avsc.Type.forSchema(userRecordSchema.avsc as Schema);
const jsonReader = jsonDecoder<UserRecord>(userRecordSchema);
const jsonWriter = jsonEncoder<UserRecord>(userRecordSchema);

/** One in four has letters beyond ASCII, as users of the world have. */
const users = Array.from({ length: 1_000 }, (_, i) => ({
  ...userOf(i),
  ...(i % 4 === 0 && { first_name: 'Zoë', city: 'Malmö' }),
}));
const avro = users.map((user) => avroWriter.encode(user));
const json = users.map((user) => jsonWriter.encode(user));

const variants: Readonly<Record<string, (i: number) => unknown>> = {
  'read Avro, bare avsc': (i) => bareAvro.fromBuffer(avro[i] as Buffer),
  'read Avro, validated': (i) => avroReader.decode(avro[i] as Buffer),
  'read JSON, bare JSON.parse': (i) => JSON.parse(String(json[i])),
  'read JSON, validated': (i) => jsonReader.decode(json[i] as Buffer),
  'write Avro, bare avsc': (i) => bareAvro.toBuffer(users[i]),
  'write Avro, validated': (i) => avroWriter.encode(users[i] as UserRecord),
  'write JSON, bare JSON.stringify': (i) => Buffer.from(JSON.stringify(users[i])),
  'write JSON, validated': (i) => jsonWriter.encode(users[i] as UserRecord),
};
/** Which is compared with which. */
const pairs = [
  ['read Avro, validated', 'read Avro, bare avsc', 0.7],
  ['read JSON, validated', 'read JSON, bare JSON.parse', 0.5],
  ['write Avro, validated', 'write Avro, bare avsc', undefined],
  ['write JSON, validated', 'write JSON, bare JSON.stringify', undefined],
] as const;

const measured = new Map<string, number[]>(Object.keys(variants).map((name) => [name, []]));
for (const work of Object.values(variants)) cpuMicros(work);
for (let round = 1; round <= rounds; round += 1) {
  progress(`round ${round} of ${rounds}`);
  for (const [name, work] of Object.entries(variants)) measured.get(name)?.push(cpuMicros(work));
}

const ratios = pairs.map(([ours, bare, goal]) => ({
  ours,
  goal,
  bare,
  ratio: median(measured.get(bare) ?? []) / median(measured.get(ours) ?? []),
}));
finish({
  benchmark: 'codec',
  settings: { records, rounds },
  table: [...measured].map(([name, micros]) => {
    const ratio = ratios.find(({ ours }) => ours === name)?.ratio.toFixed(2);
    return { what: name, 'CPU us/record': spread(micros, 2), 'rate of the bare one': ratio ?? '' };
  }),
  verdicts: ratios.flatMap(({ ours, bare, ratio, goal }) =>
    goal === undefined ? [] : [atLeast(`${ours}, has of the rate of ${bare}`, { value: ratio, goal })],
  ),
  measured: Object.fromEntries(measured),
});

/** CPU of this process for each record: what else the machine does is left out. */
function cpuMicros(work: (i: number) => unknown): number {
  const start = process.cpuUsage();
  for (let i = 0; i < records; i++) work(i % users.length);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / records;
}
