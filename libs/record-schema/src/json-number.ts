const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** Digits of the widest integer, a long. More digits than these are out of range for every type. */
const MAX_DIGITS = 19;

/** Whether a text is a number as JSON writes one (RFC 8259, section 6). */
export function isJsonNumber(text: string): boolean {
  return jsonNumber.test(text);
}

/**
 * The exact value of a JSON number that is an integer, however it is written: `42`, `42.0`, `4.2e1`.
 * The work is bounded by the length of the text, not by the exponent.
 */
export function exactInteger(text: string): bigint | 'not-an-integer' | 'out-of-range' {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts.exec(text) ?? [];
  const digits = whole + fraction;
  let first = 0;
  while (digits[first] === '0') first++;
  if (first === digits.length) return 0n;
  let end = digits.length;
  while (digits[end - 1] === '0') end--;

  const zeros = Number(exponent) - fraction.length + (digits.length - end);
  if (zeros < 0) return 'not-an-integer';
  if (end - first + zeros > MAX_DIGITS) return 'out-of-range';
  return BigInt(sign + digits.slice(first, end) + '0'.repeat(zeros));
}

/**
 * The value of an integer in plain digits, as nearly all are; undefined for any other number. Exact as far as
 * a number is, which is beyond the ranges of int and timestamp-millis.
 */
export function plainInteger(text: string): number | undefined {
  for (let at = text[0] === '-' ? 1 : 0; at < text.length; at++) {
    if (text.charCodeAt(at) < 0x30 || text.charCodeAt(at) > 0x39) return undefined;
  }
  // Adding 0 makes -0 the 0 that an integer is.
  return Number(text) + 0;
}
