import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import type { LoggerOptions } from './options.ts';

function capture(options: Partial<LoggerOptions> = {}) {
  const text: string[] = [];
  const logger = createLogger({
    name: 'writer',
    destination: { write: (line) => text.push(line) },
    ...options,
  });
  return {
    logger,
    text: () => text.join(''),
    lines: () => text.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe('createLogger', () => {
  it('writes one JSON line an event with level, time, name, fields and message', () => {
    const { logger, lines } = capture();
    logger.info({ partition: 3, lag: 12n }, 'caught up');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        pid: process.pid,
        name: 'writer',
        partition: 3,
        lag: '12',
        msg: 'caught up',
      },
    ]);
  });

  it('shows a terminal control characters of its fields instead of sending them', () => {
    const { logger, text } = capture({ pretty: true });
    logger.warn({ field: '\u001b[2J', err: new Error('one\n\u009btwo') }, 'told \u0007');
    expect(text()).toContain('\\x1b[2J');
    expect(text()).toContain('told \\x07');
    expect(text()).toContain('\\x9btwo');
    expect(text()).not.toMatch(/\u001b\[2J|\u0007|\u009b/);
  });

  it('leaves out what is below its level, for children too', () => {
    const { logger, lines } = capture({ level: 'warn' });
    logger.info({}, 'no');
    logger.child({ a: 1 }).debug({}, 'no');
    logger.child({ a: 1 }).error({}, 'yes');
    expect(lines().map((line) => [line['msg'], line['a']])).toEqual([['yes', 1]]);
  });

  it.each([
    'password',
    'userPassword',
    'KAFKA_SASL_PASSWORD',
    'ssl_key_passphrase',
    'clientSecret',
    'token',
    'authorization',
    'sasl',
    'privateKey',
    'apiKey',
    'Cookie',
  ])('hides %s, at any depth and in child fields', (name) => {
    const { logger, text } = capture();
    logger.warn({ [name]: 'hush', kafka: { options: [{ [name]: { value: 'hush' } }] } }, 'x');
    logger.child({ config: { [name]: 'hush' } }).warn({}, 'x');
    expect(text()).not.toContain('hush');
    expect(text().split('[redacted]')).toHaveLength(4);
  });

  it('shows settings that only mention a secret', () => {
    const { logger, lines } = capture();
    logger.info({ passwordPolicy: 'drop', saslMechanism: 'plain', password: undefined }, 'started');
    expect(lines()[0]).toMatchObject({ passwordPolicy: 'drop', saslMechanism: 'plain' });
  });

  it('hides user and password of an address in fields, messages and errors', () => {
    const { logger, text } = capture();
    const url = 'http://ann:h@sh!@registry:8081/x';
    logger.error({ url, err: new Error(`cannot reach ${url}`) }, `gave up on ${url}`);
    expect(text()).not.toContain('sh!');
    expect(text()).toContain('http://[redacted]@registry:8081/x');
  });

  it('shows code, retryable, stack and causes of an error, and nothing else a client hung on it', () => {
    const { logger, lines, text } = capture();
    const cause = Object.assign(
      new AggregateError([new Error('ECONNREFUSED 127.0.0.1:9092')], 'all failed'),
      {
        params: ['ann@example.org'],
      },
    );
    const err = Object.assign(new TypeError('cannot send', { cause }), {
      code: 'broker-unreachable',
      retryable: true,
    });
    logger.error({ err }, 'x');
    expect(lines()[0]?.['err']).toMatchObject({
      type: 'TypeError',
      message: 'cannot send',
      code: 'broker-unreachable',
      retryable: true,
      stack: expect.stringContaining('logger.test.ts'),
      cause: { message: 'all failed', errors: [{ message: 'ECONNREFUSED 127.0.0.1:9092' }] },
    });
    expect(text()).not.toContain('ann@example.org');
  });

  it('shows the size of a buffer, never its content', () => {
    const { logger, text } = capture();
    logger.info({ value: Buffer.from('{"first_name":"Ann"}') }, 'x');
    expect(text()).toContain('"[20 bytes]"');
  });

  it('survives a field that refers to itself', () => {
    const { logger, lines } = capture();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    logger.info(loop, 'x');
    expect(lines()).toHaveLength(1);
  });

  it('writes coloured text when asked', () => {
    const { logger, text } = capture({ pretty: true });
    logger.info({ partition: 3 }, 'caught up');
    expect(text()).toContain('caught up');
    expect(text()).toContain('\u001b[');
    expect(() => JSON.parse(text())).toThrow();
  });
});
