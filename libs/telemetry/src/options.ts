import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  /** The program or part that writes; a field of every line. */
  readonly name: string;
  /** The least level that is written. Default: info. */
  readonly level?: LogLevel;
  /** Coloured text for people instead of JSON lines. Default: true when the lines go to a terminal. */
  readonly pretty?: boolean;
  /**
   * Where the lines go: a file descriptor or anything with `write`. Default: 2 (stderr), so that stdout is free
   * for the output of a command.
   */
  readonly destination?: number | { write(line: string): unknown };
}

export interface HealthServerOptions {
  /** 0: any free port. A taken port is a warning, and a free one is used. */
  readonly port: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /**
   * Host names, in lower case, that requests may come by beside IP addresses and `localhost`, such as the name of a container.
   * Default: none. Others get 421, so that no web page can read the metrics by a name that it points here.
   */
  readonly allowedHosts?: readonly string[];
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>;
  /** False when only a restart can help. */
  readonly live: () => boolean;
  /** Whether work is being done, and if not, why (each reason a short text without data in it). */
  readonly ready: () => Readiness | Promise<Readiness>;
  /** What the program is, for `GET /info`. Default: there is no such address. */
  readonly info?: ProgramInfo;
  readonly logger: Logger;
}

export interface ProgramInfo {
  readonly name: string;
  readonly version: string;
  /** By name, without secrets: anyone who reaches the port may read them. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  /** What is not as it should be although work is being done, as plain data. Default: it is not known, and left out. */
  readonly degraded?: readonly object[];
}
