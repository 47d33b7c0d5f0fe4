import { describe, expect, it } from 'vitest';
import { HeldBytes } from './held-bytes.ts';

const never = new AbortController().signal;

describe('HeldBytes', () => {
  it('lets a partition run ahead of few held bytes, and holds it at more until they are fewer', async () => {
    const held = new HeldBytes(100);
    held.add(100);
    expect(await held.room(() => 1, never)).toBe(true);
    held.add(1);
    let room: boolean | undefined;
    const waiting = held.room(() => 1, never).then((given) => (room = given));
    await new Promise((resolve) => setImmediate(resolve));
    expect(room).toBeUndefined();
    held.add(-1);
    await waiting;
    expect(room).toBe(true);
  });

  it('holds a partition that is far ahead, only while something is held', async () => {
    const held = new HeldBytes(100);
    expect(await held.room(() => 10_000, never)).toBe(true);
    held.add(1);
    const stop = new AbortController();
    const waiting = held.room(() => 10_000, stop.signal);
    stop.abort();
    expect(await waiting).toBe(false);
  });

  it('lets a partition go on that is no longer far ahead, also while something is held', async () => {
    const held = new HeldBytes(100);
    held.add(1);
    let spans = 10_000;
    const waiting = held.room(() => spans, never);
    spans = 1;
    held.wake();
    expect(await waiting).toBe(true);
  });

  it('holds a partition when what all share is full, unless it holds nothing itself, until there is room again', async () => {
    const total = new HeldBytes(100);
    const [one, other, none] = [0, 1, 2].map(() => new HeldBytes(80, total));
    one!.add(60);
    expect(other!.hasRoom(1)).toBe(true);
    other!.add(50);
    expect([one, other, none].map((partition) => partition!.hasRoom(1))).toEqual([false, false, true]);
    const waiting = one!.room(() => 1, never);
    other!.add(-50);
    expect(await waiting).toBe(true);
  });
});
