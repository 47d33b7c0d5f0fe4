import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jsonEncoder } from '@sluice/record-schema';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import { userOf } from './users.ts';

/** Where local-stack keeps the jars that it starts Kafka from. */
const jarsDir = join(homedir(), '.cache', 'sluice', 'jars');

/**
 * Kafka's own ProducerPerformance sends as many messages of the same size, without keys: for scale, since it makes no messages.
 * Records a second.
 */
export async function runJavaProducer(
  brokers: readonly string[],
  { topic, records }: { readonly topic: string; readonly records: number },
): Promise<number> {
  const folder = readdirSync(jarsDir).find((name) => name.startsWith('kafka-'));
  if (folder === undefined) throw new Error(`the jars of Kafka are not in ${jarsDir}`);
  const dir = mkdtempSync(join(tmpdir(), 'sluice-benchmark-'));
  const payloads = join(dir, 'payloads');
  const encoder = jsonEncoder<UserRecord>(userRecordSchema);
  writeFileSync(
    payloads,
    Array.from({ length: 1_000 }, (_, i) => `${String(encoder.encode(userOf(i)))}\n`).join(''),
  );
  try {
    const { stdout } = await promisify(execFile)(
      process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java',
      [
        '-Xmx256m',
        '-cp',
        join(jarsDir, folder, '*'),
        'org.apache.kafka.tools.ProducerPerformance',
        '--topic',
        topic,
        '--num-records',
        String(records),
        '--payload-file',
        payloads,
        '--throughput',
        '-1',
        '--producer-props',
        `bootstrap.servers=${brokers.join(',')}`,
        'acks=all',
        'enable.idempotence=true',
      ],
    );
    const rates = [...stdout.matchAll(/^\d+ records sent, ([\d.]+) records\/sec/gm)];
    const rate = Number(rates.at(-1)?.[1]);
    if (Number.isNaN(rate)) throw new Error(`ProducerPerformance printed no rate: ${stdout.slice(0, 500)}`);
    return rate;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
