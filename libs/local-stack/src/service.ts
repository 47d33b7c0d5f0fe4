import type { JavaVersions } from './java.ts';

/** What a service may use while it prepares its start. */
export interface ServiceContext {
  /** Port on 127.0.0.1 for the clients of the service. */
  readonly port: number;
  /** Folder of the service's own; its data survives a restart, its configuration is written anew. */
  readonly dataDir: string;
  /** Folder of the stack. */
  readonly stackDir: string;
  readonly signal: AbortSignal;
  /** One more free port on 127.0.0.1. */
  freePort(): Promise<number>;
  /** The java program, when its version is within the range. */
  java(versions: JavaVersions): Promise<string>;
  /**
   * The jars that the pom resolves to, in a stable order, from the cache or from Maven. With `unpack`, the pom
   * names archives, and the jars are those at their top.
   */
  jars(pom: URL, options?: { readonly unpack?: boolean }): Promise<readonly string[]>;
  /** Runs a program to its end; rejects unless it exits 0. Its output goes to the service's log. */
  run(command: Command): Promise<void>;
}

/** A program and its arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Default: the service's folder. */
  readonly cwd?: string;
  /** Its environment, made of the inherited one. Default: that one as it is. */
  env?(inherited: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv;
}

/** What runs a service, and what its clients have to know beside address and port; that is kept in the state file. */
export interface ServiceCommand extends Command {
  readonly details?: Readonly<Record<string, string>>;
}

/** How one service is prepared, started and known to be ready. */
export interface ServiceDefinition {
  /** Unique in a stack; names the service's folder and log. */
  readonly name: string;
  readonly version: string;
  /** Writes the configuration and gives the command that runs the service in the foreground. */
  prepare(context: ServiceContext): Promise<ServiceCommand>;
  /**
   * One attempt to use the service as a client does; rejects while it is not ready.
   * It has to end soon after the signal, which says that nobody waits for the result any more.
   * `startedAt` is when this process was started, in ms: an answer about an earlier one says nothing.
   */
  probe(port: number, signal: AbortSignal, startedAt: number): Promise<void>;
}

/** One process of a built-in service. */
export interface NodeDefinition extends ServiceDefinition {
  /** Address that it listens on. Default 127.0.0.1. */
  readonly host?: string;
  /** Name of the node whose port this one uses as well. */
  readonly samePortAs?: string;
  /** Name under which its jars are kept. Default: its own. */
  readonly jarsOf?: string;
  /** Names of nodes before it in the list: it is prepared when they are ready, and they are stopped after it. */
  readonly after?: readonly string[];
}
