import { describe, expect, it } from 'vitest';
import { FramingError, RegistryError } from './errors.ts';
import { frameHeader, schemaIdOf } from './wire-format.ts';

describe('the wire format', () => {
  it('is byte 0 and the id in four bytes, the highest first', () => {
    expect(frameHeader(0x01020304)).toEqual(Buffer.from([0, 1, 2, 3, 4]));
  });

  it.each([0, 1, 255, 2 ** 31 - 1])('gives the id %j back, wherever the bytes lie', (id) => {
    const message = Buffer.concat([Buffer.from('xyz'), frameHeader(id), Buffer.from('data')]);
    expect(schemaIdOf(message.subarray(3))).toBe(id);
  });

  it('gives a negative id as it is: no registry knows it', () => {
    expect(schemaIdOf(Uint8Array.of(0, 255, 255, 255, 255))).toBe(-1);
  });

  it.each([
    [[1, 0, 0, 0, 1], 'bad-magic'],
    [[0x7b], 'bad-magic'],
    [[0, 0, 0, 1], 'short-frame'],
    [[], 'short-frame'],
  ])('is not %j: %s', (bytes, code) => {
    const read = () => schemaIdOf(Uint8Array.from(bytes));
    expect(read).toThrow(FramingError);
    expect(read).toThrow(RegistryError);
    expect(read).toThrow(expect.objectContaining({ code, retryable: false }) as Error);
  });

  it.each([-1, 1.5, 2 ** 31, NaN])('has no place for the id %j', (id) => {
    expect(() => frameHeader(id)).toThrow(expect.objectContaining({ code: 'bad-id' }) as Error);
  });
});
