export const uuidBytes = 16;

/** Writes a UUID of the form 8-4-4-4-12, in either case, as its bytes; false for any other text. */
export function writeUuid(text: string, bytes: Buffer, from: number): boolean {
  if (text.length !== 36) return false;
  let to = from;
  for (let at = 0; at < 36; at += 2) {
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (text.charCodeAt(at) !== 45) return false;
      at++;
    }
    const high = hexDigit(text.charCodeAt(at));
    const low = hexDigit(text.charCodeAt(at + 1));
    if (high < 0 || low < 0) return false;
    bytes[to++] = high * 16 + low;
  }
  return true;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}
