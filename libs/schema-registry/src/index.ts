export type { SchemaReference } from './answers.ts';
export type { Clock } from './clock.ts';
export { FramingError, RegistryError } from './errors.ts';
export type { FramingErrorCode, RegistryErrorCode } from './errors.ts';
export type { RegistryAuth, SchemaRegistryOptions } from './options.ts';
export { SchemaRegistry } from './schema-registry.ts';
export type {
  CompatibilityLevel,
  RegisteredSchema,
  SchemaToRegister,
  SubjectVersion,
} from './schema-registry.ts';
export { frameHeader, schemaIdOf } from './wire-format.ts';
