export { LocalStackError, type LocalStackErrorCode } from './errors.ts';
export type { JavaVersions } from './java.ts';
export type { BuiltInService, StackOptions } from './options.ts';
export { isFree as isPortFree } from './ports.ts';
export type { Command, ServiceContext, ServiceDefinition } from './service.ts';
export {
  readStack,
  startStack,
  stopStack,
  type CassandraEndpoint,
  type KafkaEndpoint,
  type SchemaRegistryEndpoint,
  type Stack,
  type StackEndpoints,
  type StackService,
  type StackStatus,
} from './stack.ts';
