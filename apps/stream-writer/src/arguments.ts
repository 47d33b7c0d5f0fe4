import { InvalidArgumentError } from 'commander';

/** Of dead letters. */
const stages = ['decode', 'transform', 'write', 'source'];

const instant = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** An instant in ISO 8601 with its zone, or a date, which is midnight UTC; ms since the epoch. Undefined for other text. */
export function parseInstant(text: string): number | undefined {
  const ms = instant.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

export function instantArgument(text: string): number {
  const ms = parseInstant(text);
  if (ms === undefined)
    throw new InvalidArgumentError('It needs an instant such as 2026-11-22T18:00:00Z, or a date.');
  return ms;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It needs a whole number.');
  return Number(text);
}

export function atLeastOne(text: string): number {
  const number = wholeNumber(text);
  if (number < 1) throw new InvalidArgumentError('It needs a whole number from 1 on.');
  return number;
}

/** For an option that may be given several times. */
export function each<T>(parse: (text: string) => T) {
  return (text: string, earlier: readonly T[] = []): readonly T[] => [...earlier, parse(text)];
}

export function stageArgument(text: string): string {
  if (stages.includes(text)) return text;
  throw new InvalidArgumentError(`It needs one of ${stages.join(', ')}.`);
}
