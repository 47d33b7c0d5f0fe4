import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { exitLate, shutdownSignal } from './shutdown.ts';

describe('shutdownSignal', () => {
  const start = () => {
    const source = new EventEmitter();
    const exit = vi.fn();
    let time = 0;
    const signal = shutdownSignal(exit, { source, now: () => time });
    return { source, exit, signal, pass: (ms: number) => (time += ms) };
  };

  it.each(['SIGINT', 'SIGTERM'])('aborts at the first %s and does not exit', (name) => {
    const { source, exit, signal } = start();
    expect(signal.aborted).toBe(false);
    source.emit(name);
    expect(signal.aborted).toBe(true);
    expect(exit).not.toHaveBeenCalled();
  });

  it('ends the process at a second SIGTERM, however soon', () => {
    const { source, exit } = start();
    source.emit('SIGTERM');
    source.emit('SIGTERM');
    expect(exit).toHaveBeenCalledExactlyOnceWith(1);
  });

  it.each(['SIGINT', 'SIGTERM'])('takes a Ctrl-C passed on as %s by npm or nx for the same one', (again) => {
    const { source, exit, pass } = start();
    source.emit('SIGINT');
    pass(300);
    source.emit(again);
    expect(exit).not.toHaveBeenCalled();
    pass(701);
    source.emit('SIGINT');
    expect(exit).toHaveBeenCalledExactlyOnceWith(1);
  });

  it('aborts when the parent that holds the IPC channel is gone', () => {
    const { source, exit, signal } = start();
    source.emit('disconnect');
    expect(signal.aborted).toBe(true);
    expect(exit).not.toHaveBeenCalled();
  });
});

describe('exitLate', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['before', (stop: AbortController) => stop.abort()],
    ['after', () => undefined],
  ])('ends the process once the time has passed since an abort %s it', (_when, first) => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const exit = vi.fn();
    first(stop);
    exitLate(stop.signal, { ms: 500, exit });
    stop.abort();
    vi.advanceTimersByTime(499);
    expect(exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(exit).toHaveBeenCalledExactlyOnceWith(1);
  });
});
