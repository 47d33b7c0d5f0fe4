const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/**
 * The exact value of a JSON number as decimal text with `scale` digits after the point: 12.5 is '12.50' with
 * a scale of 2. Zeros beyond the scale are dropped, other digits are refused, and so is a number with more than
 * `precision` digits. The work is bounded by the length of the text and the precision, not by the exponent.
 */
export function decimalText(number: string, precision: number, scale: number): string | 'out-of-range' {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts.exec(number) ?? [];
  const digits = whole + fraction;
  let first = 0;
  while (digits[first] === '0') first++;
  if (first === digits.length) return unscaledText('', '0', scale);
  let end = digits.length;
  while (digits[end - 1] === '0') end--;

  const zeros = Number(exponent) - fraction.length + (digits.length - end) + scale;
  if (zeros < 0 || end - first + zeros > precision) return 'out-of-range';
  return unscaledText(sign, digits.slice(first, end) + '0'.repeat(zeros), scale);
}

/** The unscaled value of a decimal text: 1250 for '12.50'. */
export function unscaled(decimal: string): bigint {
  return BigInt(decimal.replace('.', ''));
}

/** The decimal text of an unscaled value: '12.50' for 1250 with a scale of 2. */
export function decimalOf(value: bigint, scale: number): string {
  return value < 0n ? unscaledText('-', String(-value), scale) : unscaledText('', String(value), scale);
}

function unscaledText(sign: string, digits: string, scale: number): string {
  if (scale === 0) return sign + digits;
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** The integer that bytes stand for in two's complement, big endian; 0 for none. */
export function twosComplement(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`));
}

/** The fewest bytes that stand for an integer in two's complement, big endian. */
export function unscaledBytes(value: bigint): Buffer {
  const bits = (value < 0n ? ~value : value).toString(2).length + (value === 0n || value === -1n ? 0 : 1);
  const length = Math.ceil(bits / 8);
  return Buffer.from(
    BigInt.asUintN(8 * length, value)
      .toString(16)
      .padStart(2 * length, '0'),
    'hex',
  );
}
