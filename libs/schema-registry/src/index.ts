export { frameHeader, schemaIdOf } from './wire-format.ts';
