/** Bytes that are not what their format or their header says. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/** The codec cannot be read in parts, and the whole is above the limit. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}
