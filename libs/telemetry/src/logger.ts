import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isatty } from 'node:tty';
import { destination as fileDestination, pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import type * as pinoPretty from 'pino-pretty';
import type { LoggerOptions } from './options.ts';
import { printable } from './printable.ts';
import { redactFields, redactUrls } from './redaction.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log: what varies goes into the fields (an error as `err`), the message stays the same text. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

/**
 * A logger that writes one JSON line an event: level, time (ISO 8601, UTC), pid, name, the fields, msg.
 * Passwords and other secret-looking fields, credentials in addresses and the content of buffers are hidden at
 * any depth. Lines are written at once, so that none is lost when the process ends.
 */
export function createLogger({ name, level = 'info', destination = 2, pretty }: LoggerOptions): Logger {
  const readable = pretty ?? (typeof destination === 'number' && isatty(destination));
  const target =
    typeof destination === 'number' ? fileDestination({ dest: destination, sync: true }) : destination;
  return wrap(
    pino(
      {
        level,
        base: { pid: process.pid, name },
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // Errors are already reduced by redactFields.
        serializers: { err: (err: unknown) => err },
      },
      readable ? prettyStream(target) : (target as DestinationStream),
    ),
  );
}

function wrap(logger: PinoLogger): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: LogFields, message: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](redactFields(fields), redactUrls(message));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger.child(redactFields(fields))),
  };
}

/** Loaded only here: it costs memory that a service without a terminal need not spend. */
function prettyStream(target: { write(line: string): unknown }): DestinationStream {
  // a bundle in CommonJS has no URL of its own: its packages are found from the program that runs
  const url = import.meta.url as string | undefined;
  const from = url ?? pathToFileURL(process.argv[1] ?? `${process.cwd()}/`).href;
  const { prettyFactory } = createRequire(from)('pino-pretty') as typeof pinoPretty;
  const format = prettyFactory({ colorize: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid' });
  const shown = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? printable(value, { lines: true }) : value;
  return { write: (line) => target.write(format(JSON.parse(line, shown) as object)) };
}
