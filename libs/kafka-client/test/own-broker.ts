import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@sluice/local-stack';

export interface OwnBrokerOptions {
  /** Further listeners: name, security protocol, the port they listen on and the one that clients are told. */
  readonly listeners: readonly {
    readonly name: string;
    readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
    readonly port: number;
    readonly advertisedPort?: number;
    /** Default: 127.0.0.1. */
    readonly advertisedHost?: string;
  }[];
  readonly properties?: Readonly<Record<string, string>>;
  /** As `--add-scram` of Kafka's storage tool takes them. */
  readonly scramUsers?: readonly string[];
  /** Files beside the broker's configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Starts a broker of the test's own, with a plain listener on `port` beside those asked for; returns what stops it. */
export async function startOwnBroker(
  port: number,
  { listeners, properties = {}, scramUsers = [], files = {} }: OwnBrokerOptions,
): Promise<() => Promise<void>> {
  const controller = await freePort();
  const all = [
    { name: 'PLAINTEXT', protocol: 'PLAINTEXT', port, advertisedPort: port, advertisedHost: '127.0.0.1' },
    { name: 'CONTROLLER', protocol: 'PLAINTEXT', port: controller, advertisedPort: undefined },
    ...listeners.map((listener) => ({
      advertisedPort: listener.port,
      advertisedHost: '127.0.0.1',
      ...listener,
    })),
  ];
  const settings = {
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: all.map((one) => `${one.name}://127.0.0.1:${one.port}`).join(','),
    'advertised.listeners': all
      .flatMap((one) =>
        one.advertisedPort === undefined ? [] : `${one.name}://${one.advertisedHost}:${one.advertisedPort}`,
      )
      .join(','),
    'listener.security.protocol.map': all.map(({ name, protocol }) => `${name}:${protocol}`).join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    ...properties,
  };
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-broker-'));
  const folder = join(dataDir, 'kafka');
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const stack = await startStack({
    services: ['kafka'],
    ports: { kafka: port },
    dataDir,
    kafka: { properties: settings, scramUsers },
    javaHome: process.env.JAVA_HOME || undefined,
  });
  return async () => {
    // Its data is thrown away: no need to wait for an orderly end.
    await stack.kill('kafka');
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
