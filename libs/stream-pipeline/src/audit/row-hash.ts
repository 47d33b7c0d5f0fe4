import { hash } from 'node:crypto';

/** 128 bits of a primary key: two keys of a billion are taken for one with a chance of 10^-21. */
const keyHashBytes = 16;

/** Length of a value that is null. */
const absent = 0xffff_ffff;

let scratch = Buffer.allocUnsafe(4096);

/** Stands for a primary key. */
export function keyHash(values: readonly Buffer[]): Buffer {
  return digest(values).subarray(0, keyHashBytes);
}

/** 64 bits of all that a row stores: another row passes for it with a chance of 10^-19. */
export function rowDigest(cells: readonly (Buffer | null)[]): bigint {
  return digest(cells).readBigUInt64LE(0);
}

/** Of the values with their lengths, so that bytes cannot move from one to the next. */
function digest(values: readonly (Buffer | null)[]): Buffer {
  let size = 0;
  for (const value of values) size += 4 + (value?.length ?? 0);
  if (size > scratch.length) scratch = Buffer.allocUnsafe(size * 2);
  let at = 0;
  for (const value of values) {
    at = scratch.writeUInt32LE(value?.length ?? absent, at);
    if (value) at += value.copy(scratch, at);
  }
  return hash('sha256', scratch.subarray(0, size), 'buffer');
}
