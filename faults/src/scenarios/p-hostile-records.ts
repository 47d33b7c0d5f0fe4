import type { Compression } from '@sluice/kafka-client';
import type { AppProcess } from '../app-process.ts';
import type { SpecialRecord } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import { elapsed } from '../until.ts';
import { uuidOf } from '../user.ts';

const MiB = 1024 * 1024;
const codecs: readonly Compression[] = ['gzip', 'snappy', 'lz4', 'zstd'];
/** RSS of the writer, MiB, at most: less than one of the bombs takes with what is made of it. */
const memoryLimit = 400;

/**
 * Records made to stop a writer: bombs in every codec, values that are huge or nested deeply, dead letters that their topic refuses for
 * size. Each is a dead letter, those beside it are written, and the memory of the writer stays bounded.
 */
export const hostileRecords: Scenario = {
  letter: 'p',
  name: 'hostile records',
  stack: 'single',
  recoveryLimit: 10,
  topicConfig: { 'max.message.bytes': String(6 * MiB) },
  async run(world) {
    const load = await world.load();
    const writer = await world.writer();
    const memory = new PeakMemory(writer);
    await load.burst(200);
    for (const compression of codecs) {
      const compressed = await world.load({ compression, seed: 2 + codecs.indexOf(compression) });
      for (const record of hostile()) await compressed.send(record);
      await load.burst(100);
    }
    await load.burst(200);
    await world.settled();
    const peak = await memory.end();
    if (!writer.isRunning) throw new Error('the writer has ended');
    if (peak > memoryLimit)
      throw new Error(`the writer took ${peak.toFixed(0)} MiB, not ${memoryLimit} at most`);
    return undefined;
  },
};

function hostile(): readonly SpecialRecord[] {
  const nested = '['.repeat(100_000) + ']'.repeat(100_000);
  return [
    { value: Buffer.alloc(70 * MiB, 'bomb '), letter: 'record-too-large' },
    // a dead letter that its topic takes compressed only
    { value: Buffer.alloc(40 * MiB, 'x'), letter: 'bad-json' },
    { value: Buffer.from(`{"uuid":"${uuidOf(9)}","deep":${nested}}`), letter: 'too-deep' },
    { value: Buffer.from(nested), letter: 'too-deep' },
    { fields: { street: 'long '.repeat(500_000) } },
  ];
}

/** The highest RSS of a process, looked up five times a second, MiB. */
class PeakMemory {
  #peak = 0;
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(app: AppProcess) {
    this.#done = this.#run(app);
  }

  async end(): Promise<number> {
    this.#isOver = true;
    await this.#done;
    return this.#peak;
  }

  async #run(app: AppProcess): Promise<void> {
    while (!this.#isOver && app.isRunning) {
      this.#peak = Math.max(this.#peak, (await app.memory()) / 1024);
      await elapsed(200);
    }
  }
}
