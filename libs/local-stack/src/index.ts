export { withFixedLocale } from './fixed-locale.ts';
export { replaceWhole } from './lock.ts';
export { LocalStackError, type LocalStackErrorCode } from './errors.ts';
export type { JavaVersions } from './java.ts';
export type { AirflowSetup } from './airflow.ts';
export type { CassandraSetup } from './cassandra.ts';
export {
  createAuthority,
  issueCertificate,
  type AuthorityOptions,
  type CertificateOptions,
  type KeyPair,
} from './certificates.ts';
export {
  containerEngineAnswers,
  startContainers,
  type ContainerOptions,
  type ContainerService,
  type ContainerStack,
} from './containers.ts';
export type {
  AirflowEndpoint,
  CassandraEndpoint,
  KafkaEndpoint,
  SchemaRegistryEndpoint,
  SecurityEndpoint,
  SparkEndpoint,
  StackEndpoints,
} from './endpoints.ts';
export type { KafkaSetup } from './kafka.ts';
export type { BuiltInService, StackOptions } from './options.ts';
export { isFree as isPortFree } from './ports.ts';
export {
  aclBindings,
  grantStatements,
  pipelinePrincipals,
  type CqlGrant,
  type KafkaRight,
  type Principal,
  type PrincipalNames,
} from './principals.ts';
export type { SecuritySetup } from './security.ts';
export type { Command, ServiceCommand, ServiceContext, ServiceDefinition } from './service.ts';
export type { SparkSetup } from './spark.ts';
export {
  readStack,
  startStack,
  stopStack,
  type Stack,
  type StackService,
  type StackStatus,
} from './stack.ts';
export { issueToken, readCredentials, type Credentials } from './stack-secrets.ts';
