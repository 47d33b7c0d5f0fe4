import { answerOf } from './answer-of.ts';
import { LocalStackError } from './errors.ts';
import type { ServiceDefinition } from './service.ts';

const VERSION = '2.6.13.Final';
const POM = new URL('../services/schema-registry/pom.xml', import.meta.url);

/** Apicurio Registry, which answers the Confluent Schema Registry API. */
export const schemaRegistry: ServiceDefinition = {
  name: 'schema-registry',
  version: VERSION,
  async prepare(context) {
    const java = await context.java({ service: `Apicurio Registry ${VERSION}`, from: 17 });
    const [runner] = await context.jars(POM, { unpack: true });
    if (runner === undefined) {
      throw new LocalStackError(
        'download-failed',
        'the archive of Apicurio Registry is without its program: delete the cache and start again',
      );
    }
    const settings = {
      'quarkus.http.host': '127.0.0.1',
      'quarkus.http.port': context.port,
      // Messages in Kafka name schemas by their ids, so these outlive the process. The path is relative to the
      // folder it runs in: a JDBC URL would need it escaped. H2 otherwise writes up to 0.5 s after it has answered.
      'quarkus.datasource.jdbc.url': 'jdbc:h2:file:./data/registry;WRITE_DELAY=0',
    };
    const properties = Object.entries(settings).map(([key, value]) => `-D${key}=${value}`);
    return { file: java, args: [...JVM, ...properties, '-jar', runner] };
  },
  probe: (port, signal) => registryProbe(`http://127.0.0.1:${port}/apis/ccompat/v7`, signal),
};

/** A quick start counts, and few requests follow it. */
const JVM = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError'];

/** An answered look-up, by the Confluent Schema Registry API at a URL. */
export async function registryProbe(url: string, signal: AbortSignal): Promise<void> {
  await answerOf(`${url}/subjects`, signal);
}
