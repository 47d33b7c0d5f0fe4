import { KafkaError } from './errors.ts';
import type { KafkaOptions } from './options.ts';

/**
 * For callers without types, too.
 *
 * @throws KafkaError `bad-option`
 */
export function checkOptions({ brokers }: KafkaOptions): void {
  if (!Array.isArray(brokers) || brokers.length === 0)
    throw badBrokers(`has to be a list with one host:port or more, as ['127.0.0.1:9092']`);
  for (const broker of brokers as readonly unknown[]) {
    if (typeof broker === 'string' && isHostAndPort(broker)) continue;
    throw badBrokers(
      `has to be host:port each, as 127.0.0.1:9092; wrong: ${typeof broker === 'string' ? broker : typeof broker}`,
    );
  }
}

/** An IPv6 address is none: kafkajs takes it apart at its colons. A name that has the address works. */
function isHostAndPort(text: string): boolean {
  const [, port] = /^[^\s:@/[\]]+:(\d{1,5})$/.exec(text) ?? [];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

function badBrokers(problem: string): KafkaError {
  return new KafkaError('bad-option', `brokers ${problem}`);
}
