import type { CompatibilityLevel, SchemaRegistry } from '@sluice/schema-registry';
import type { Logger } from '@sluice/telemetry';

export interface SubjectReport {
  readonly subject: string;
  /** The level now. */
  readonly compatibility: CompatibilityLevel;
  /** Whether it was set here. */
  readonly changed: boolean;
  readonly warnings: readonly string[];
}

/** New versions of the message read the messages of every version before: all of them may be in the topic. */
const wanted = 'BACKWARD_TRANSITIVE';

/** What the schemas of a topic's messages are registered under (TopicNameStrategy). */
export function subjectOf(topic: string): string {
  return `${topic}-value`;
}

/** Sets the compatibility level of a subject that has none, and says where it has another. The subject need not exist yet. */
export async function migrateSubject(
  registry: SchemaRegistry,
  subject: string,
  logger: Logger,
): Promise<SubjectReport> {
  const found = await registry.compatibility(subject);
  // NONE is also what Apicurio says of a subject without a level.
  if (found === undefined || found === 'NONE') {
    await registry.setCompatibility(wanted, subject);
    return { subject, compatibility: wanted, changed: true, warnings: [] };
  }
  const warnings =
    found === wanted || found === 'FULL_TRANSITIVE'
      ? []
      : [`its compatibility level is ${found}; ${wanted} keeps every message of the topic readable`];
  for (const warning of warnings) logger.warn({ subject }, warning);
  return { subject, compatibility: found, changed: false, warnings };
}
