const MS_PER_DAY = 86_400_000;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Why a text is not an instant. */
export type InstantFault = 'bad-timestamp' | 'no-time-zone' | 'impossible-date';

/**
 * Reads an ISO-8601 date (midnight UTC) or date-time with a zone as epoch milliseconds, floored.
 *
 * The forms are `YYYY-MM-DD` and `YYYY-MM-DDThh:mm[:ss[.fraction]]zone`, with `T`, `t` or a space between, and
 * `Z`, `z`, `±hh:mm`, `±hhmm` or `±hh` as zone. Hour 24 and second 60 name no instant of UTC as computers
 * count it, and are refused. Not `Date.parse`: that takes what the standard does not define, and 29 February
 * in every year.
 */
export function parseInstant(text: string): number | InstantFault {
  const year = digitsAt(text, 0, 4);
  const month = digitsAt(text, 5, 2);
  const day = digitsAt(text, 8, 2);
  if (year < 0 || month < 0 || day < 0 || text[4] !== '-' || text[7] !== '-') return 'bad-timestamp';
  if (text.length === 10)
    return dateExists(year, month, day) ? midnight(year, month, day) : 'impossible-date';

  const separator = text[10];
  const hour = digitsAt(text, 11, 2);
  const minute = digitsAt(text, 14, 2);
  if (
    (separator !== 'T' && separator !== 't' && separator !== ' ') ||
    hour < 0 ||
    minute < 0 ||
    text[13] !== ':'
  ) {
    return 'bad-timestamp';
  }
  let at = 16;
  let second = 0;
  let millis = 0;
  if (text[at] === ':') {
    second = digitsAt(text, at + 1, 2);
    if (second < 0) return 'bad-timestamp';
    at += 3;
    if (text[at] === '.') {
      const end = endOfDigits(text, at + 1);
      if (end === at + 1) return 'bad-timestamp';
      millis = Number(text.slice(at + 1, Math.min(end, at + 4)).padEnd(3, '0'));
      at = end;
    }
  }
  const offset = parseZone(text, at);
  if (typeof offset === 'string') return offset;
  if (hour > 23 || minute > 59 || second > 59 || !dateExists(year, month, day)) return 'impossible-date';
  return midnight(year, month, day) + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millis;
}

/** Minutes east of UTC. */
function parseZone(text: string, at: number): number | InstantFault {
  const sign = text[at];
  if (sign === undefined) return 'no-time-zone';
  if ((sign === 'Z' || sign === 'z') && text.length === at + 1) return 0;
  if (sign !== '+' && sign !== '-') return 'bad-timestamp';
  const hours = digitsAt(text, at + 1, 2);
  const hasMinutes = text.length > at + 3;
  const minutesAt = text[at + 3] === ':' ? at + 4 : at + 3;
  const minutes = hasMinutes ? digitsAt(text, minutesAt, 2) : 0;
  if (hours < 0 || minutes < 0 || (hasMinutes && text.length !== minutesAt + 2)) return 'bad-timestamp';
  if (hours > 23 || minutes > 59) return 'impossible-date';
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes);
}

/** The number that `count` digits from `from` on make, or -1 where there are other characters or too few. */
function digitsAt(text: string, from: number, count: number): number {
  if (from + count > text.length) return -1;
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (digitsAt(text, at, 1) >= 0) at++;
  return at;
}

function dateExists(year: number, month: number, day: number): boolean {
  const days = month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
  return day >= 1 && day <= days;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Epoch ms of a date of the proleptic Gregorian calendar (`Date.UTC` takes the years 0 to 99 for 1900 to 1999). */
function midnight(year: number, month: number, day: number): number {
  // Years counted from March, so that the leap day is the last of its year.
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const days = marchYear * 365 + leapDays + Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  return (days - DAYS_FROM_MARCH_OF_YEAR_0_TO_1970) * MS_PER_DAY;
}

const DAYS_FROM_MARCH_OF_YEAR_0_TO_1970 = 719_468;
