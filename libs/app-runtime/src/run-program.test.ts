import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from './errors.ts';
import { runProgram } from './run-program.ts';

describe('runProgram', () => {
  let printed = '';
  beforeEach(() => {
    printed = '';
    const print = (text: unknown) => ((printed += String(text)), true);
    vi.spyOn(process.stderr, 'write').mockImplementation(print);
    vi.spyOn(process.stdout, 'write').mockImplementation(print);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });

  const run = (action: () => void, ...args: string[]) => {
    const program = new Command('thing');
    program.command('go').description('does it').option('--count <n>').action(action);
    return runProgram(program, ['node', 'thing', ...args], {});
  };
  const throwing = (error: unknown) => (): never => {
    throw error;
  };

  it('is 0 for success, and what the command has set as exit code', async () => {
    expect(await run(() => undefined, 'go')).toBe(0);
    expect(await run(() => void (process.exitCode = 3), 'go')).toBe(3);
    expect(printed).toBe('');
  });

  it.each([[['--help']], [['go', '--help']]])('is 0 for %j', async (args) => {
    expect(await run(() => undefined, ...args)).toBe(0);
    expect(printed).toContain('Usage: thing');
  });

  it.each([
    ['a command that does not exist', ['stop']],
    ['an option that does not exist', ['go', '--far']],
    ['an option without its value', ['go', '--count']],
    ['no command', []],
  ])('is 78 for %s, and says so', async (_what, args) => {
    expect(await run(() => undefined, ...args)).toBe(78);
    expect(printed).not.toBe('');
  });

  it('is 78 for bad configuration, with every problem', async () => {
    expect(await run(throwing(new ConfigError(['A: bad', 'B: bad'])), 'go')).toBe(78);
    expect(printed).toBe('thing: the configuration is not valid:\n  - A: bad\n  - B: bad\n');
  });

  it('is 1 for a failure, with its message alone', async () => {
    const failure = Object.assign(new Error('the topic is missing'), { code: 'unknown-topic' });
    expect(await run(throwing(failure), 'go')).toBe(1);
    expect(printed).toBe('thing: the topic is missing\n');
  });

  it('tells no secret of an address', async () => {
    const failure = Object.assign(new Error('http://bob:pw@h/?key=K does not answer'), { code: 'away' });
    expect(await run(throwing(failure), 'go')).toBe(1);
    expect(printed).toBe('thing: http://[redacted]@h/?key=[redacted] does not answer\n');
  });

  it('is 1 for a fault in the program, with the stack', async () => {
    expect(await run(throwing(new TypeError('x is undefined')), 'go')).toBe(1);
    expect(printed).toMatch(/^thing: TypeError: x is undefined\n\s+at /);
    expect(await run(throwing('text'), 'go')).toBe(1);
  });
});
