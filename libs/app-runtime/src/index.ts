export { type Environment, readConfig } from './config.ts';
export { ConfigError } from './errors.ts';
export { exitCodes, runProgram } from './run-program.ts';
export {
  cassandraSettings,
  duration,
  integer,
  kafkaSettings,
  parseDuration,
  port,
  serviceSettings,
} from './settings.ts';
export { shutdownSignal } from './shutdown.ts';
export { type Reach, untilReachable } from './until-reachable.ts';
