import type { Logger, Metrics } from '@sluice/telemetry';
import type { ChangeLog } from './access/change-log.ts';
import type { ConsoleConfig } from './config.ts';
import type { History } from './history.ts';
import type { LetterIndex } from './letter-index.ts';
import type { MessageReader } from './message-reader.ts';
import type { Sampler } from './sampler.ts';
import type { Servers } from './servers.ts';
import type { Tasks } from './tasks.ts';
import type { TopicCatalog } from './topic-catalog.ts';
import type { TopicMessages } from './topic-messages.ts';

/** What the routes work with: made once, see serve.ts. */
export interface Services {
  readonly config: ConsoleConfig;
  readonly version: string;
  readonly startedAt: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly servers: Servers;
  readonly history: History;
  readonly sampler: Sampler;
  readonly changes: ChangeLog;
  readonly tasks: Tasks;
  readonly messages: MessageReader;
  readonly topicMessages: TopicMessages;
  readonly letters: LetterIndex;
  readonly topics: TopicCatalog;
}
