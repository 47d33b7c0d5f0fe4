import { badRequest } from './problem.ts';

/** An exact offset of a request as a number. @throws ConsoleError 400 */
export function offsetOf(text: string): number {
  const offset = Number(text);
  if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw badRequest(`${text} is no offset`, 'Give a whole number from 0 to 9007199254740991.');
}
