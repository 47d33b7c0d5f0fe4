import type { UserRecord, UserRow } from './user-record.generated.ts';

/** Where a message stood, and when it was written. */
export interface MessagePosition {
  readonly partition: number;
  readonly offset: bigint;
  /** The record's timestamp, epoch ms. */
  readonly timestamp: number;
}

/** Youngest age of each group, oldest group first. */
const ageGroups = [
  [65, '65-plus'],
  [55, '55-64'],
  [45, '45-54'],
  [35, '35-44'],
  [25, '25-34'],
  [18, '18-24'],
] as const;

/** Makes a message into a row. Pure; vectors/enrichment.json holds what every implementation must give. */
export function enrichUser(record: UserRecord, position: MessagePosition): UserRow {
  return {
    // by spreading, so that a field that the schema gains is a column at once
    ...record,
    full_name: fullName(record.first_name, record.last_name),
    email_domain: emailDomain(record.email),
    age_group: ageGroup(record.age),
    source_partition: position.partition,
    source_offset: position.offset,
    event_time: position.timestamp,
  };
}

function fullName(first: string | null, last: string | null): string | null {
  if (first === null || last === null) {
    const only = first ?? last;
    return only === null ? null : trimmed(only);
  }
  return trimmed(`${first} ${last}`);
}

/** Without ASCII white space at the ends. Not `trim`: what else is white space differs between languages. */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function emailDomain(email: string | null): string | null {
  const at = email?.lastIndexOf('@') ?? -1;
  const domain = at < 0 ? '' : (email?.slice(at + 1) ?? '');
  return domain === '' ? null : domain.toLowerCase();
}

function ageGroup(age: number | null): string | null {
  if (age === null) return null;
  return ageGroups.find(([youngest]) => age >= youngest)?.[1] ?? 'under-18';
}
