import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import avsc, { type Schema } from 'avsc';
import { Command } from 'commander';
import { avroDecoder, avroEncoder, jsonDecoder, jsonEncoder } from '@sluice/record-schema';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import { spread } from './measurement.ts';
import { userOf } from './users.ts';

const program = new Command('benchmarks:codec')
  .description(
    'Reads and writes user records, in JSON and Avro, validated, next to bare JSON.parse, JSON.stringify and avsc on the same\n' +
      'bytes: the ceiling. Rounds alternate.',
  )
  .option('--records <count>', 'records read in each round', '100000')
  .option('--rounds <count>', 'rounds of each', '5')
  .parse();
const options = program.opts<{ records: string; rounds: string }>();
const count = Number(options.records);
const rounds = Number(options.rounds);

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
for (let round = 0; round < rounds; round++) {
  process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  for (const [name, work] of Object.entries(variants)) measured.get(name)?.push(cpuMicros(work));
}

console.table([...measured].map(([name, micros]) => ({ '': name, 'CPU us/record': spread(micros, 2) })));
const ratios = pairs.map(([ours, bare, goal]) => ({ ours, bare, ratio: median(bare) / median(ours), goal }));
mkdirSync(join(import.meta.dirname, '..', 'results'), { recursive: true });
writeFileSync(
  join(import.meta.dirname, '..', 'results', 'codec.json'),
  `${JSON.stringify({ benchmark: 'codec', machine: machine(), count, measured: Object.fromEntries(measured), ratios }, null, 2)}\n`,
);
for (const { ours, bare, ratio, goal } of ratios)
  console.log(`${ours}: ${ratio.toFixed(2)}x the rate of ${bare}${goal ? ` (goal: ${goal})` : ''}`);
console.log(machine());
if (ratios.some(({ ratio, goal }) => goal !== undefined && ratio < goal)) process.exitCode = 1;

/** CPU of this process for each record: what else the machine does is left out. */
function cpuMicros(work: (i: number) => unknown): number {
  const start = process.cpuUsage();
  for (let i = 0; i < count; i++) work(i % users.length);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / count;
}

function median(name: string): number {
  const sorted = [...(measured.get(name) ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function machine(): string {
  return `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.versions.node}`;
}
