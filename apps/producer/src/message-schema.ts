import { registryOptions, untilReachable } from '@sluice/app-runtime';
import { RegistryError, SchemaRegistry } from '@sluice/schema-registry';
import type { Logger, SourceMetrics } from '@sluice/telemetry';
import { userRecordSchema } from '@sluice/user-schema';
import type { ProducerConfig } from './config.ts';
import type { Readiness } from './readiness.ts';

interface Around {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly metrics: SourceMetrics;
  readonly readiness: Readiness;
}

/** Levels at which every version of the subject can be read as the newest one. */
const safeLevels: readonly string[] = ['BACKWARD_TRANSITIVE', 'FULL_TRANSITIVE'];

/**
 * Registers the schema of the messages, or finds it with SCHEMA_AUTO_REGISTER=false, as soon as the registry answers: in both
 * formats, so that nothing is sent that the registry would refuse.
 *
 * @returns its id, undefined where there is no registry
 * @throws SchemaRefused, SubjectUnguarded
 * @throws StoppedWaitingError when the signal is aborted before that
 */
export async function agreeOnSchema(config: ProducerConfig, around: Around): Promise<number | undefined> {
  const { logger, metrics, readiness, signal } = around;
  const options = registryOptions(config);
  if (!options) return undefined;
  const subject = subjectOf(config.KAFKA_TOPIC);
  // A call that fails for good has been repeated before: readiness knows by then.
  const onRetry = ({ code }: RegistryError) => {
    metrics.retriesTotal.inc({ target: 'registry', code });
    readiness.set('registry', code);
  };
  readiness.set('registry', 'connecting');
  const registry = new SchemaRegistry({ ...options, onRetry });
  try {
    const id = await untilReachable(() => schemaIdIn(registry, config, logger), {
      what: `the schema registry at ${options.url}`,
      hint: 'Start it with `npx nx run infra:up`, or set SCHEMA_REGISTRY_URL (to nothing for no registry, with MESSAGE_FORMAT=json).',
      logger,
      signal,
    });
    readiness.set('registry', undefined);
    logger.info({ subject, id }, 'the schema of the messages is in the registry');
    return id;
  } catch (error) {
    throw error instanceof RegistryError ? new SchemaRefused(subject, error) : error;
  } finally {
    await registry.close();
  }
}

/** TopicNameStrategy: https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html */
function subjectOf(topic: string): string {
  return `${topic}-value`;
}

async function schemaIdIn(registry: SchemaRegistry, config: ProducerConfig, logger: Logger): Promise<number> {
  const subject = subjectOf(config.KAFKA_TOPIC);
  const schema = { avsc: userRecordSchema.avsc };
  if (!config.SCHEMA_AUTO_REGISTER) return (await registry.lookUp(subject, schema)).id;
  await checkLevel(registry, subject, logger);
  return registry.register(subject, schema);
}

/**
 * Only `migrate` sets the level of a subject; at `NONE` the registry refuses nothing.
 * @throws SubjectUnguarded
 */
async function checkLevel(registry: SchemaRegistry, subject: string, logger: Logger): Promise<void> {
  const level = await levelOf(registry, subject, logger);
  if (level === undefined || safeLevels.includes(level)) return;
  if (level === 'NONE') throw new SubjectUnguarded(subject);
  logger.warn(
    { subject, compatibility: level },
    'the registry may take a schema that cannot read everything sent before; BACKWARD_TRANSITIVE refuses that',
  );
}

async function levelOf(registry: SchemaRegistry, subject: string, logger: Logger) {
  try {
    return (await registry.compatibility(subject)) ?? (await registry.compatibility());
  } catch (error) {
    // to read the level is a right of its own, and not needed to send
    if (!(error instanceof RegistryError && error.code === 'forbidden')) throw error;
    logger.warn({ subject, reason: error.message }, 'the compatibility level of the schema is not known');
    return undefined;
  }
}

/** Nothing would keep a schema from the topic that its readers cannot read. */
class SubjectUnguarded extends Error {
  override readonly name = 'SubjectUnguarded';
  readonly code = 'subject-unguarded';

  constructor(subject: string) {
    super(
      `nothing is sent, since the registry takes any schema under ${subject} (its compatibility level is NONE). ` +
        'Run `npx nx run stream-writer:migrate`, which sets BACKWARD_TRANSITIVE.',
    );
  }
}

/** The registry does not take the schema, or does not have it. */
class SchemaRefused extends Error {
  override readonly name = 'SchemaRefused';
  readonly code: string;

  constructor(subject: string, cause: RegistryError) {
    super(
      `nothing is sent, since the registry does not have the schema of the messages under ${subject}: ` +
        `${cause.message}${adviceFor(cause)}`,
      { cause },
    );
    this.code = cause.code;
  }
}

function adviceFor({ code }: RegistryError): string {
  switch (code) {
    case 'incompatible':
      return '\nWhat was sent before has to stay readable: change the schema so that `npx nx run user-schema:compat` passes, or send to another topic.';
    case 'subject-not-found':
    case 'schema-not-found':
      return '\nRegister it first, or set SCHEMA_AUTO_REGISTER=true.';
    default:
      return '';
  }
}
