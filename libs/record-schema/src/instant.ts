const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const MS_PER_DAY = 86_400_000;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** 0001-01-01 and 9999-12-31 as days after 1970-01-01: what has a four-digit year, and what Python's date holds. */
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;
const dateForm = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/** Why a text is not an instant. */
export type InstantFault = 'bad-timestamp' | 'no-time-zone' | 'impossible-date';

/** Why a text is not a date. */
export type DateFault = 'bad-date' | 'impossible-date' | 'out-of-range';

/**
 * Reads an ISO-8601 date (midnight UTC) or date-time with a zone as epoch milliseconds, floored. The text is
 * the bytes of `text` from `from` up to `to`.
 *
 * The forms are `YYYY-MM-DD` and `YYYY-MM-DDThh:mm[:ss[.fraction]]zone`, with `T`, `t` or a space between, and
 * `Z`, `z`, `±hh:mm`, `±hhmm` or `±hh` as zone. Hour 24 and second 60 name no instant of UTC as computers
 * count it, and are refused. Not `Date.parse`: that takes what the standard does not define, and 29 February
 * in every year.
 */
export function parseInstant(text: Uint8Array, from = 0, to = text.length): number | InstantFault {
  const length = to - from;
  if (length < 10 || text[from + 4] !== DASH || text[from + 7] !== DASH) return 'bad-timestamp';
  const year = twoDigits(text, from) * 100 + twoDigits(text, from + 2);
  const month = twoDigits(text, from + 5);
  const day = twoDigits(text, from + 8);
  if (Number.isNaN(year + month + day)) return 'bad-timestamp';
  if (length === 10) return dateExists(year, month, day) ? midnight(year, month, day) : 'impossible-date';

  if (length < 16 || !isSeparator(text[from + 10]) || text[from + 13] !== COLON) return 'bad-timestamp';
  const hour = twoDigits(text, from + 11);
  const minute = twoDigits(text, from + 14);
  let at = from + 16;
  let second = 0;
  let millis = 0;
  if (at < to && text[at] === COLON) {
    second = at + 3 <= to ? twoDigits(text, at + 1) : NaN;
    at += 3;
    if (at < to && text[at] === DOT) {
      const digits = at + 1;
      for (at = digits; at < to && isDigit(text[at]); at++) {
        // Digits beyond the third are dropped: time runs upwards before 1970 too, so that this floors.
        if (at < digits + 3) millis += ((text[at] ?? 0) - 0x30) * 10 ** (2 - at + digits);
      }
      if (at === digits) return 'bad-timestamp';
    }
  }
  if (Number.isNaN(hour + minute + second)) return 'bad-timestamp';
  const offset = parseZone(text, at, to);
  if (typeof offset === 'string') return offset;
  if (hour > 23 || minute > 59 || second > 59 || !dateExists(year, month, day)) return 'impossible-date';
  return midnight(year, month, day) + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millis;
}

/** As {@link parseInstant}, as epoch microseconds, floored. */
export function parseInstantMicros(text: Uint8Array, from = 0, to = text.length): bigint | InstantFault {
  const millis = parseInstant(text, from, to);
  if (typeof millis === 'string') return millis;
  let micros = 0;
  // What comes before the fraction has one length. The first three of its digits are in the milliseconds.
  if (to - from > 19 && text[from + 19] === DOT) {
    for (let at = from + 20; at < from + 26 && at < to && isDigit(text[at]); at++) {
      if (at >= from + 23) micros += ((text[at] ?? 0) - 0x30) * 10 ** (from + 25 - at);
    }
  }
  return BigInt(millis) * 1000n + BigInt(micros);
}

/**
 * Checks a date of the form `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31.
 *
 * @returns undefined for a date that exists
 */
export function dateFault(text: string): DateFault | undefined {
  if (!dateForm.test(text)) return 'bad-date';
  const year = Number(text.slice(0, 4));
  if (!dateExists(year, Number(text.slice(5, 7)), Number(text.slice(8)))) return 'impossible-date';
  return year === 0 ? 'out-of-range' : undefined;
}

/** The date a number of days after 1970-01-01, as `YYYY-MM-DD`. */
export function dateOfDays(days: number): string | 'out-of-range' {
  if (days < FIRST_DAY || days > LAST_DAY) return 'out-of-range';
  return new Date(days * MS_PER_DAY).toISOString().slice(0, 10);
}

/** Days after 1970-01-01 of a date `YYYY-MM-DD` that exists. */
export function daysOfDate(date: string): number {
  return midnight(Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8))) / MS_PER_DAY;
}

/** Minutes east of UTC. */
function parseZone(text: Uint8Array, at: number, to: number): number | InstantFault {
  if (at === to) return 'no-time-zone';
  const sign = text[at];
  const length = to - at;
  if (sign === 0x5a || sign === 0x7a) return length === 1 ? 0 : 'bad-timestamp';
  if (sign !== 0x2b && sign !== DASH) return 'bad-timestamp';
  const hasColon = length === 6 && text[at + 3] === COLON;
  if (!hasColon && length !== 5 && length !== 3) return 'bad-timestamp';
  const hours = twoDigits(text, at + 1);
  const minutes = length === 3 ? 0 : twoDigits(text, to - 2);
  if (Number.isNaN(hours + minutes)) return 'bad-timestamp';
  if (hours > 23 || minutes > 59) return 'impossible-date';
  return (sign === DASH ? -1 : 1) * (hours * 60 + minutes);
}

/** NaN where there are other characters than digits. */
function twoDigits(text: Uint8Array, at: number): number {
  const tens = text[at];
  const ones = text[at + 1];
  return isDigit(tens) && isDigit(ones) ? (tens - 0x30) * 10 + ones - 0x30 : NaN;
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isSeparator(byte: number | undefined): boolean {
  return byte === 0x54 || byte === 0x74 || byte === 0x20;
}

function dateExists(year: number, month: number, day: number): boolean {
  const days = month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
  return day >= 1 && day <= days;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const DAYS_FROM_MARCH_OF_YEAR_0_TO_1970 = 719_468;

/** Epoch ms of a date of the proleptic Gregorian calendar (`Date.UTC` takes the years 0 to 99 for 1900 to 1999). */
function midnight(year: number, month: number, day: number): number {
  // Years counted from March, so that the leap day is the last of its year.
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const days = marchYear * 365 + leapDays + Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  return (days - DAYS_FROM_MARCH_OF_YEAR_0_TO_1970) * MS_PER_DAY;
}
