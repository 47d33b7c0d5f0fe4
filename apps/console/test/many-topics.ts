import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ConsoleFixture } from './console-fixture.ts';

/**
 * How the console does with many topics: `npm run many-topics` with KAFKA_BROKERS set to a broker that may be filled. Makes 500 topics of 10
 * partitions, lists them, and deletes them. Prints one JSON line. Not a test of every run: a broker takes minutes to make them.
 */
const [topics, partitions, lists] = [500, 10, 20];
const atOnce = 25;
/** Brokers make an index file of this size for each partition. */
const config = { 'segment.index.bytes': '4096' };

const fixture = await ConsoleFixture.create();
const admin = await fixture.kafka.admin();
const names = Array.from({ length: topics }, (_, at) => `many-${String(at).padStart(3, '0')}`);
try {
  for (let from = 0; from < names.length; from += atOnce)
    await Promise.all(
      names
        .slice(from, from + atOnce)
        .map((topic) => admin.createTopic({ topic, partitions, replicationFactor: 1, config })),
    );
  process.stderr.write(`${topics} topics are there\n`);
  const times: number[] = [];
  let bytes = 0;
  const blocked = monitorEventLoopDelay({ resolution: 1 });
  for (let list = 0; list < lists; list++) {
    // beyond the time for which one list serves everybody
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    if (list === 1) blocked.enable();
    const started = performance.now();
    const answer = await fixture.call('GET /api/topics');
    times.push(performance.now() - started);
    bytes = answer.text.length;
    if (answer.body.topics.length < topics)
      throw new Error(`only ${answer.body.topics.length} topics: ${answer.text.slice(0, 300)}`);
  }
  const [first = 0, ...later] = times;
  const sorted = later.sort((one, other) => one - other);
  const figures = {
    topics,
    partitions: topics * partitions,
    bytes,
    firstMs: Math.round(first),
    medianMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    longestMs: Math.round(sorted.at(-1) ?? 0),
    longestBlockMs: Math.round(blocked.max / 1e6),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  for (const topic of names) await admin.deleteTopic(topic).catch(() => undefined);
  await admin.close();
  await fixture.drop({ migrated: false });
}
