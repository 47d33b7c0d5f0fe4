import { constants } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type ConsumedRecord, type DeadLetter, KafkaError, LettersRefusedError } from '@sluice/kafka-client';
import { createLogger, createPipelineMetrics } from '@sluice/telemetry';
import { describe, expect, it, vi } from 'vitest';
import { type ChunkContext, ChunkSettler } from './chunk-settler.ts';
import { ClockGuard } from './clock-guard.ts';
import { AbandonedError, RecordHeld, RecordRefusal } from './errors.ts';
import { FloodGuard } from './flood-guard.ts';
import type { RecordDecoder } from './options.ts';
import { PauseBoard } from './pause-board.ts';
import type { Mutation, MutationOutcome, Sink, SinkFailure } from './sink.ts';

interface Row {
  readonly id: string;
  readonly text: string;
}

/**
 * `id=text` upserts, `id` deletes, `-` is filtered, `!` is refused, `>` is from the future, `?` is held as `hold` says; the write timestamp is the
 * record's timestamp.
 */
let hold: ((offset: number) => RecordHeld | undefined) | undefined;
const decode: RecordDecoder<Row> = {
  decode: ({ value, timestamp, offset }) => {
    const [id = '', text] = String(value).replace('?', '').split('=');
    const held = String(value).startsWith('?') ? hold?.(offset) : undefined;
    if (held) throw held;
    if (id === '!') throw new RecordRefusal('decode', 'bad', 'refused by the test');
    if (id === '>') throw new RecordRefusal('decode', 'future-timestamp', 'from the future');
    if (id === '-') return { kind: 'filtered' };
    const version = { writeTimestamp: timestamp, offset };
    return text === undefined
      ? { kind: 'delete', identity: id, version, key: { id } }
      : { kind: 'upsert', identity: id, version, row: { id, text } };
  },
};

const records = (...values: string[]): ConsumedRecord[] =>
  values.map((value, offset) => ({
    topic: 't',
    partition: 0,
    offset,
    timestamp: offset,
    key: null,
    value: Buffer.from(value),
    headers: [],
  }));

const text = (mutation: Mutation<Row>) =>
  mutation.kind === 'delete' ? `${mutation.key.id ?? ''}` : `${mutation.row.id}=${mutation.row.text}`;

/** An Error, as a sink's failures mostly are. */
const refused: SinkFailure = Object.assign(new Error('refused by the test'), {
  kind: 'data' as const,
  code: 'refused-row',
});

function settler(
  answer: (mutation: Mutation<Row>, attempt: number) => SinkFailure | undefined,
  {
    everyVersion = false,
    flood = new FloodGuard(0.5),
    now = (): number => 0,
    decoder = decode,
    aheadMs = 0,
  } = {},
) {
  const attempts = new Map<string, number>();
  const written: string[] = [];
  const letters: DeadLetter[] = [];
  const lines: unknown[] = [];
  const metrics = createPipelineMetrics({ pipeline: 'test' });
  const pauses = new PauseBoard(metrics.paused);
  const sink: { -readonly [Key in keyof Sink<Row>]: Sink<Row>[Key] } = {
    everyVersion,
    prepare: (mutation) => mutation,
    write: (mutations) => {
      const outcomes = mutations.map((mutation): MutationOutcome => {
        const attempt = (attempts.get(text(mutation)) ?? 0) + 1;
        attempts.set(text(mutation), attempt);
        const error = answer(mutation, attempt);
        if (error) return { status: 'failed', error };
        written.push(text(mutation));
        return { status: 'written' };
      });
      return Promise.resolve(outcomes);
    },
  };
  const logger = createLogger({
    name: 'test',
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  const clock = { aheadMs };
  const chunks = new ChunkSettler<Row>({
    clock: new ClockGuard(() => Promise.resolve(clock.aheadMs), logger),
    decode: decoder,
    sink,
    metrics,
    pauses,
    flood,
    now,
    logger,
    sendLetters: async (sent, onRetry) => {
      if (held) {
        onRetry(held.failure);
        await held.released;
      }
      const refusedLetters = sent.filter(({ record }) => record.offset === refusedOffset);
      refusedOffset = undefined;
      letters.push(...sent.filter((letter) => !refusedLetters.includes(letter)));
      if (refusedLetters.length > 0)
        throw new LettersRefusedError(refusedLetters, new KafkaError('record-refused', 'too large'));
    },
  });
  let refusedOffset: number | undefined;
  const refuseOnce = (offset: number) => {
    refusedOffset = offset;
  };
  let held: { failure: { code: string; message: string }; released: Promise<void> } | undefined;
  const holdLetters = (failure: { code: string; message: string }) => {
    let release: () => void = () => undefined;
    held = { failure, released: new Promise((resolve) => (release = resolve)) };
    return () => {
      release();
    };
  };
  return { chunks, clock, sink, written, letters, lines, pauses, attempts, holdLetters, refuseOnce };
}

/** Nothing ends the settling, unless `signals` say so. */
function context(signals: Partial<ChunkContext> = {}): ChunkContext {
  const never = new AbortController().signal;
  return {
    ...{ abandon: never, over: never, revoked: never },
    ...{ onHeld: () => undefined, onLetters: () => undefined },
    ...signals,
  };
}

function overflow(): number {
  return overflow() + 1;
}

describe('ChunkSettler', () => {
  it('accounts for every record of a chunk', async () => {
    const { chunks, written, letters } = settler(() => undefined);
    const report = await chunks.settle(records('a=1', '!', 'b=1', '-', 'a=2', 'c'), context());
    expect(report).toEqual({ written: 3, deduplicated: 1, filtered: 1, deadLettered: 1 });
    expect(written).toEqual(['a=2', 'b=1', 'c']);
    expect(letters.map(({ record, stage, error }) => [record.offset, stage, error.code])).toEqual([
      [1, 'decode', 'bad'],
    ]);
  });

  it('holds records from the future while this clock is behind and they are most of the chunk', async () => {
    const { chunks, clock, written, letters, pauses } = settler(() => undefined, { aheadMs: 7_200_000 });
    const settled = chunks.settle(records('>', '>', 'a=1'), context());
    await vi.waitFor(() => {
      expect(pauses.health.reasons).toEqual(['decode:clock-behind']);
    });
    expect([written, letters]).toEqual([['a=1'], []]);
    // set right: what is still from the future is refused
    clock.aheadMs = 0;
    expect(await settled).toMatchObject({ written: 1, deadLettered: 2 });
    expect(pauses.health.ready).toBe(true);
  });

  it.each([
    ['are fewer than half', 7_200_000, ['>', '>', 'a=1', 'b=1']],
    ['are most, and this clock is right', 4_000, ['>', '>', 'a=1']],
    ['are most, and this clock is ahead', -7_200_000, ['>', '>', 'a=1']],
  ])('refuses records from the future that %s', async (_, aheadMs, values) => {
    const { chunks, letters } = settler(() => undefined, { aheadMs });
    expect(await chunks.settle(records(...values), context())).toMatchObject({ deadLettered: 2 });
    expect(letters.map(({ error }) => error.code)).toEqual(['future-timestamp', 'future-timestamp']);
  });

  it.each([
    ['a RangeError', () => new Array(-1)],
    ['a text that is too long', () => Buffer.alloc(constants.MAX_STRING_LENGTH + 1).toString('latin1')],
    ['a stack overflow', () => overflow()],
    ['a bug', () => (undefined as unknown as Buffer).length],
    [
      'something else than an error',
      () => {
        throw 'the value of the record';
      },
    ],
  ])('makes a record a letter whose decoding fails with %s, and goes on', async (_, fail) => {
    const decoder: RecordDecoder<Row> = {
      decode: (record) => {
        if (String(record.value) === 'hostile') fail();
        return decode.decode(record);
      },
    };
    const { chunks, written, letters, lines } = settler(() => undefined, { decoder });
    await chunks.settle(records('a=1', 'hostile', 'b=2'), context());
    expect(written).toEqual(['a=1', 'b=2']);
    expect(letters.map(({ record: { offset }, stage, error: { code } }) => [offset, stage, code])).toEqual([
      [1, 'decode', 'decode-failed'],
    ]);
    expect(letters[0]?.error.message).not.toContain('the value of the record');
    expect(lines).toMatchObject([{ level: 'error', topic: 't', partition: 0, offset: 1 }]);
  });

  it('makes a record a letter that could not be read, without decoding what there is of it', async () => {
    const [first, ...others] = records('a=cut', 'b=2');
    const code = 'record-too-large';
    const unreadable = { code, message: 'too large', lastOffset: 0, count: 1, maxTimestamp: 0 } as const;
    const { chunks, written, letters } = settler(() => undefined);
    await chunks.settle([{ ...(first as ConsumedRecord), unreadable }, ...others], context());
    expect(written).toEqual(['b=2']);
    expect(letters.map(({ stage, error }) => [stage, error])).toEqual([
      ['source', { code: 'record-too-large', message: 'too large' }],
    ]);
  });

  it('writes the next older version where the newest is refused for its content', async () => {
    const { chunks, written, letters } = settler((mutation) =>
      text(mutation) === 'a=3' ? refused : undefined,
    );
    const report = await chunks.settle(records('a=1', 'a=2', 'a=3'), context());
    expect(report).toEqual({ written: 1, deduplicated: 1, filtered: 0, deadLettered: 1 });
    expect(written).toEqual(['a=2']);
    expect(letters).toMatchObject([
      {
        record: { offset: 2 },
        stage: 'write',
        error: { code: 'refused-row', message: 'refused by the test' },
      },
    ]);
  });

  it('makes every version a letter where each is refused', async () => {
    const { chunks, written, letters } = settler(() => refused);
    const report = await chunks.settle(records('a=1', 'a=2'), context());
    expect(report).toEqual({ written: 0, deduplicated: 0, filtered: 0, deadLettered: 2 });
    expect(written).toEqual([]);
    expect(letters.map(({ record }) => record.offset)).toEqual([1, 0]);
  });

  it.each(['retry', 'blocked'] as const)('writes again, without a letter, what fails as %s', async (kind) => {
    const { chunks, written, letters, attempts, pauses } = settler((mutation, attempt) =>
      text(mutation) === 'a=1' && attempt < 3 ? { kind, code: 'away', message: 'away' } : undefined,
    );
    const report = await chunks.settle(records('a=1', 'b=1'), context());
    expect(report).toMatchObject({ written: 2, deadLettered: 0 });
    expect(written).toEqual(['b=1', 'a=1']);
    expect(letters).toEqual([]);
    expect(attempts.get('b=1')).toBe(1);
    expect(pauses.health).toEqual({ ready: true, reasons: [] });
  });

  it('lets the sink prepare a mutation when it is decoded, and anew each time that it is written again', async () => {
    const { chunks, sink, written } = settler((mutation, attempt) =>
      text(mutation) === 'a=1' && attempt < 3 ? { kind: 'retry', code: 'away', message: 'away' } : undefined,
    );
    const made: string[] = [];
    sink.prepare = (mutation) => {
      made.push(text(mutation));
      return mutation;
    };

    const report = await chunks.settle(records('a=1', 'b=1', 'c'), context());

    expect(report).toMatchObject({ written: 3, deadLettered: 0 });
    expect(made).toEqual(['a=1', 'b=1', 'c', 'a=1', 'a=1']);
    expect(written).toEqual(['b=1', 'c', 'a=1']);
  });

  it('writes again what cannot be decoded a second time as it was', async () => {
    let decodings = 0;
    const once: RecordDecoder<Row> = {
      decode: (record) => {
        decodings += 1;
        if (decodings > 1) throw new RecordRefusal('decode', 'bad', 'only once');
        return decode.decode(record);
      },
    };
    const { chunks, written, letters } = settler(
      (_, attempt) => (attempt < 2 ? { kind: 'retry', code: 'away', message: 'away' } : undefined),
      { decoder: once },
    );
    expect(await chunks.settle(records('a=1'), context())).toMatchObject({ written: 1, deadLettered: 0 });
    expect([decodings, written, letters]).toEqual([2, ['a=1'], []]);
  });

  it('is not ready while letters cannot be delivered, and settles once they are', async () => {
    const { chunks, pauses, letters, holdLetters } = settler(() => undefined);
    const release = holdLetters({ code: 'unknown-topic', message: 'topic t.dlq does not exist' });
    const settling = chunks.settle(records('a=1', '!'), context());
    await vi.waitFor(() => {
      expect(pauses.health).toEqual({ ready: false, reasons: ['dead-letters:unknown-topic'] });
    });
    release();
    expect(await settling).toMatchObject({ written: 1, deadLettered: 1 });
    expect(letters).toHaveLength(1);
    expect(pauses.health).toEqual({ ready: true, reasons: [] });
  });

  it('writes every version where the sink keeps them', async () => {
    const { chunks, written } = settler(() => undefined, { everyVersion: true });
    const report = await chunks.settle(records('a=1', 'b=1', 'a=2', 'a'), context());
    expect(report).toMatchObject({ written: 4, deduplicated: 0 });
    expect(written).toEqual(['a=1', 'b=1', 'a=2', 'a']);
  });

  it('sends a letter that is refused again, and never those that were acknowledged beside it', async () => {
    const { chunks, letters, refuseOnce } = settler(() => undefined);
    refuseOnce(1);
    const report = await chunks.settle(records('!', '!', '!'), context());
    expect(report).toMatchObject({ deadLettered: 3 });
    expect(letters.map(({ record }) => record.offset)).toEqual([0, 2, 1]);
  });

  it('is not ready while the sink is away, and settles nothing when it is abandoned', async () => {
    const { chunks, pauses } = settler(() => ({ kind: 'retry', code: 'away', message: 'away' }));
    const stop = new AbortController();
    const settling = chunks.settle(records('a=1'), context({ abandon: stop.signal }));
    const outcome = settling.then(
      () => 'settled',
      (error: unknown) => error,
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(pauses.health).toEqual({ ready: false, reasons: ['sink:away'] });
    stop.abort();
    expect(await outcome).toBeInstanceOf(AbandonedError);
  });

  it('writes a row for 10 minutes that the server fails by itself, then makes it a letter if others could be written', async () => {
    let now = 0;
    const { chunks, letters, attempts } = settler(
      (mutation) => {
        now += 200_000;
        return text(mutation) === 'a=1'
          ? { kind: 'suspect', code: 'write-failure', message: 'failed' }
          : undefined;
      },
      { now: () => now },
    );
    const settling = chunks.settle(records('a=1'), context());
    await chunks.settle(records('b=1'), context());
    expect(await settling).toMatchObject({ written: 0, deadLettered: 1 });
    expect(letters.map(({ stage, error }) => [stage, error.code])).toEqual([['write', 'server-rejected']]);
    expect(attempts.get('a=1')).toBeGreaterThan(1);
  });

  it('never makes a letter of a row that fails while nothing else can be written', async () => {
    let now = 0;
    const { chunks, letters, attempts } = settler(
      () => {
        now += 400_000;
        return { kind: 'suspect', code: 'server-error', message: 'failed' };
      },
      { now: () => now },
    );
    const stop = new AbortController();
    const settling = chunks.settle(records('a=1'), context({ abandon: stop.signal }));
    await vi.waitFor(() => {
      expect(attempts.get('a=1')).toBeGreaterThan(3);
    });
    stop.abort();
    await expect(settling).rejects.toBeInstanceOf(AbandonedError);
    expect(letters).toEqual([]);
  });

  it('writes what can be decoded while other records are held, and those when they can be', async () => {
    const { chunks, written, letters } = settler(() => undefined);
    let answer: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (answer = resolve));
    let known = false;
    hold = () => (known ? undefined : new RecordHeld('schema-lookup', 'looked up', { until }));
    const heldOffsets: number[][] = [];
    const onHeld = (held: readonly ConsumedRecord[]) => heldOffsets.push(held.map(({ offset }) => offset));
    const settling = chunks.settle(records('a=1', '?b=1', '!', '?c=1'), context({ onHeld }));
    await vi.waitFor(() => {
      expect(letters).toHaveLength(1);
    });
    expect(written).toEqual(['a=1']);
    known = true;
    answer();
    expect(await settling).toEqual({ written: 3, deduplicated: 0, filtered: 0, deadLettered: 1 });
    expect(written).toEqual(['a=1', 'b=1', 'c=1']);
    expect(heldOffsets).toEqual([[1, 3], []]);
  });

  it('is not ready while records are held, and makes no letters of them', async () => {
    const { chunks, pauses, letters } = settler(() => undefined);
    let away = true;
    hold = () => (away ? new RecordHeld('registry-unreachable', 'no answer') : undefined);
    const settling = chunks.settle(records('?a=1'), context());
    await vi.waitFor(() => {
      expect(pauses.health).toEqual({ ready: false, reasons: ['decode:registry-unreachable'] });
    });
    away = false;
    expect(await settling).toMatchObject({ written: 1, deadLettered: 0 });
    expect(pauses.health).toEqual({ ready: true, reasons: [] });
    expect(letters).toEqual([]);
  });

  it('keeps the reason for which records are held while the registry is slow to answer again', async () => {
    const { chunks, pauses } = settler(() => undefined);
    const reasons = vi.spyOn(pauses, 'begin');
    let answered = false;
    const slow = new Promise<void>((resolve) => {
      setTimeout(() => {
        answered = true;
        resolve();
      }, 1_200);
    });
    const holds = [
      new RecordHeld('registry-timeout', 'no answer'),
      new RecordHeld('schema-lookup', 'looked up', { until: slow }),
    ];
    hold = () => (answered ? undefined : holds.shift());
    expect(await chunks.settle(records('?a=1'), context())).toMatchObject({ written: 1 });
    expect(reasons.mock.calls).toEqual([['decode:registry-timeout']]);
  });

  it('gives held records up when their partition is another member, and is ready again', async () => {
    const { chunks, pauses } = settler(() => undefined);
    hold = () => new RecordHeld('unknown-field', 'a newer schema');
    const rebalance = new AbortController();
    const settling = chunks.settle(records('?a=1'), context({ over: rebalance.signal }));
    await vi.waitFor(() => {
      expect(pauses.health.ready).toBe(false);
    });
    rebalance.abort();
    await expect(settling).rejects.toBeInstanceOf(AbandonedError);
    expect(pauses.health).toEqual({ ready: true, reasons: [] });
  });

  it('gives refused dead letters up when their partition is assigned again, and is ready again', async () => {
    const { chunks, pauses, letters, refuseOnce } = settler(() => undefined);
    refuseOnce(0);
    const assignedAgain = new AbortController();
    const waiting: number[] = [];
    const settling = chunks.settle(
      records('!', '!'),
      context({
        revoked: assignedAgain.signal,
        onLetters: ({ length }) => waiting.push(length),
      }),
    );
    await vi.waitFor(() => {
      expect(pauses.health.reasons).toEqual(['dead-letters:record-refused']);
    });
    assignedAgain.abort();
    await expect(settling).rejects.toBeInstanceOf(AbandonedError);
    expect(pauses.health).toEqual({ ready: true, reasons: [] });
    expect(letters.map(({ record }) => record.offset)).toEqual([1]);
    expect(waiting).toEqual([2]);
  });

  it('keeps of its chunk only the dead letters in memory while these wait', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const { chunks, pauses, letters, holdLetters } = settler(() => undefined);
    const release = holdLetters({ code: 'unknown-topic', message: 'topic t.dlq does not exist' });
    const settleFetched = () => {
      const fetched = Buffer.from('!a=1');
      const chunk = records('!', 'a=1').map((record, i) => ({
        ...record,
        value: i === 0 ? fetched.subarray(0, 1) : fetched.subarray(1),
      }));
      const bytes = new WeakRef(chunk[1]!);
      return { settling: chunks.settle(chunk, context()), bytes };
    };
    const { settling, bytes } = settleFetched();
    await vi.waitFor(() => {
      expect(pauses.health.ready).toBe(false);
    });
    await vi.waitFor(() => {
      collectGarbage();
      expect(bytes.deref()).toBeUndefined();
    });
    release();
    expect(await settling).toMatchObject({ written: 1, deadLettered: 1 });
    expect(letters[0]!.record.value?.toString()).toBe('!');
  });

  it('pauses before the letters of a flood are sent', async () => {
    const { chunks, pauses, letters } = settler(() => undefined);
    const bad = Array<string>(150).fill('!');
    await chunks.settle(records(...bad), context());
    expect(letters).toHaveLength(150);
    const stop = new AbortController();
    const settling = chunks.settle(records(...bad), context({ abandon: stop.signal }));
    await vi.waitFor(() => {
      expect(pauses.health).toEqual({ ready: false, reasons: ['dead-letters:dead-letter-flood'] });
    });
    stop.abort();
    await expect(settling).rejects.toBeInstanceOf(AbandonedError);
    expect(letters).toHaveLength(150);
  });
});
