import { describe, expect, it } from 'vitest';
import { BoundValues, valuesOf } from './bound-values.ts';

/** As the driver writes each: its length, and its bytes. */
function written(...values: readonly (string | null)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(value === null ? -1 : Buffer.byteLength(value));
      return [length, Buffer.from(value ?? '')];
    }),
  );
}

function textsOf(values: Buffer): (string | null | undefined)[] {
  return valuesOf(values).map((value) => value && value.toString());
}

describe('BoundValues', () => {
  it.each(['', 'a', 'plain text', 'x'.repeat(41), 'ä'.repeat(20), 'ä'.repeat(41), '日本', 'e😀e'])(
    'writes text as UTF-8 after its length: %s',
    (text) => {
      const values = new BoundValues();
      values.addText(text);
      values.addText('after');
      expect(values.take()).toEqual(written(text, 'after'));
    },
  );

  it('puts U+FFFD in the place of half a surrogate pair, as Buffer.from does', () => {
    const values = new BoundValues();
    values.addText('a\ud800b');
    expect(values.take()).toEqual(written('a\ufffdb'));
  });

  it.each([0, 1, -1, 255, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, -(2 ** 53) + 1])(
    'writes %d in eight bytes, big endian',
    (value) => {
      const values = new BoundValues();
      values.addLong(value);
      expect(values.take().readBigInt64BE(4)).toBe(BigInt(value));
    },
  );

  it.each([0, -1, 2 ** 31 - 1, -(2 ** 31)])('writes %d in four bytes, big endian', (value) => {
    const values = new BoundValues();
    values.addInt(value);
    expect(values.take().readInt32BE(4)).toBe(value);
  });

  it('tells a null from a cell that is left as it is', () => {
    const values = new BoundValues();
    values.addNull();
    values.addUnset();
    values.addBytes(Buffer.from('b'));
    expect(textsOf(values.take())).toEqual([null, undefined, 'b']);
  });

  it('gives what was added since it was taken last, and forgets what is dropped', () => {
    const values = new BoundValues();
    values.addText('one');
    const first = values.take();
    values.addText('two');
    values.drop();
    values.addText('three');
    expect(textsOf(first)).toEqual(['one']);
    expect(textsOf(values.take())).toEqual(['three']);
  });

  it('keeps whole what does not fit into the room that is left, and what was taken before', () => {
    const values = new BoundValues();
    const texts = Array.from({ length: 400 }, (_, number) => String(number).repeat(number % 300));
    const rows = texts.map((text) => {
      values.addText(text);
      values.addText('end');
      return values.take();
    });
    values.addText('begun');
    values.addText('y'.repeat(1_000_000));
    rows.push(values.take());
    expect(rows.slice(0, 400).map((row) => textsOf(row))).toEqual(texts.map((text) => [text, 'end']));
    expect(textsOf(rows[400] as Buffer)).toEqual(['begun', 'y'.repeat(1_000_000)]);
  });
});
