import { RandomUserError } from './errors.ts';
import type { RandomUserPage } from './random-user.ts';

/**
 * Reads the body of a 200 as a page. What it is called does not count, what it is does; the content type is for the
 * message, in which "text/html" points at a proxy or a login page.
 * @throws RandomUserError `source-bad-answer`: an error in place of users (the API sends some with status 200),
 *   a body that was cut short or is not JSON, no users, or another page than the one asked for
 */
export function readPage(
  body: Uint8Array,
  where: string,
  expected: { page: number; results: number },
  contentType = 'unknown type',
): RandomUserPage {
  const bad = (what: string) =>
    new RandomUserError('source-bad-answer', `${where} answered 200 with ${what}`, { status: 200 });

  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    // Not passed on as the cause: a SyntaxError quotes the text, which is personal data here.
    const what = error instanceof SyntaxError ? 'is not JSON or was cut short' : 'is not UTF-8';
    throw bad(`a body (${textOf(contentType)}) that ${what}`);
  }
  if (!isObject(answer)) throw bad('JSON that is not an object');
  if (answer['error'] !== undefined) throw bad(`an error: ${textOf(answer['error'])}`);
  const { results: users, info } = answer;
  if (!Array.isArray(users) || !isObject(info)) throw bad('JSON without results and info');
  const { seed, page, version } = info;
  if (typeof seed !== 'string' || typeof page !== 'number' || typeof version !== 'string') {
    throw bad('an info block without seed, page and version');
  }
  if (users.length === 0) throw bad('no users');
  // A page that repeats an earlier one would pass for new users.
  if (page !== expected.page)
    throw bad(`page ${page.toString()} instead of page ${expected.page.toString()}`);
  const wanted = users.slice(0, expected.results);
  return { users: wanted, info: { seed, results: wanted.length, page, version } };
}

/** What a body that is no page says, in one short line: the API's `error`, or the start of the text. */
export function readErrorText(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    if (isObject(answer) && answer['error'] !== undefined) return textOf(answer['error']);
  } catch {
    // Not JSON: a proxy's page, say.
  }
  return textOf(body);
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/\s+/g, ' ').trim().slice(0, 200);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
