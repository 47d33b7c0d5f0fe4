export function frameHeader(_id: number): Buffer {
  throw new Error('not there yet');
}
export function schemaIdOf(_value: Uint8Array): number {
  throw new Error('not there yet');
}
