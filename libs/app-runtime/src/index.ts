export {
  cassandraSecurity,
  cassandraSecurityProblems,
  type CassandraSecurity,
} from './cassandra-security.ts';
export { type Environment, readConfig } from './config.ts';
export { deadLetterTopic, deadLetterTopicProblems } from './dead-letter-topic.ts';
export { ConfigError, StoppedWaitingError } from './errors.ts';
export { kafkaSecurity, kafkaSecurityProblems, type KafkaSecurity } from './kafka-security.ts';
export { exitCodes, runProgram } from './run-program.ts';
export { registryOptions, registryProblems, registrySettings } from './schema-registry.ts';
export {
  cassandraSettings,
  duration,
  integer,
  kafkaSettings,
  parseDuration,
  port,
  serviceSettings,
} from './settings.ts';
export { describeError } from './setting-hints.ts';
export { shownSettings } from './shown-settings.ts';
export { exitLate, shutdownSignal, type ShutdownOptions, type SignalSource } from './shutdown.ts';
export { type Reach, untilReachable } from './until-reachable.ts';
