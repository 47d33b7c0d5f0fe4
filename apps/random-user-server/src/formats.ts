/** The forms in which the API gives its answer: https://randomuser.me/documentation#format */
export type Format = 'json' | 'pretty' | 'csv' | 'yaml' | 'xml';

interface Answer {
  readonly results: readonly object[];
  readonly info?: object;
}

interface Form {
  readonly contentType: string;
  readonly write: (answer: Answer) => string | Promise<string>;
}

const json = 'application/json; charset=utf-8';

/** Libraries are loaded at first use: nearly every request is for JSON, and the server should start quickly. */
export const formats: Readonly<Record<Format, Form>> = {
  json: { contentType: json, write: (answer) => JSON.stringify(answer) },
  pretty: { contentType: json, write: (answer) => JSON.stringify(answer, null, 2) },
  csv: { contentType: 'text/csv; charset=utf-8', write: toCsv },
  yaml: { contentType: 'text/x-yaml; charset=utf-8', write: toYaml },
  xml: { contentType: 'text/xml; charset=utf-8', write: toXml },
};

/** `prettyjson` is another name of `pretty`; what is unknown or absent is JSON. */
export function parseFormat(text = ''): Format {
  const name = text.toLowerCase();
  if (name === 'prettyjson') return 'pretty';
  return Object.hasOwn(formats, name) ? (name as Format) : 'json';
}

/** A line a user, a column a field, named as in `location.street.number`. The info block has no place in it. */
async function toCsv({ results }: Answer): Promise<string> {
  const { json2csv } = await import('json-2-csv');
  return json2csv([...results], { emptyFieldValue: '' });
}

async function toYaml(answer: Answer): Promise<string> {
  const { stringify } = await import('yaml');
  // Users share objects with nobody, so that an anchor would only surprise.
  return stringify(answer, { aliasDuplicateObjects: false });
}

/** One `results` element a user, in a root named `user`, as the API has it. */
async function toXml(answer: Answer): Promise<string> {
  const { default: Builder } = await import('fast-xml-builder');
  const xml = new Builder({ format: true, indentBy: '\t' }).build({ user: answer }) as string;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`;
}
