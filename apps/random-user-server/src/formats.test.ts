import { csv2json } from 'json-2-csv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { formats, parseFormat } from './formats.ts';
import { nationalityCodes } from './nationalities.ts';
import { generateUser } from './user.ts';

const results = Array.from({ length: 60 }, (_, index) =>
  generateUser({ seed: 'a', page: 1, index }, { nats: nationalityCodes }),
);
const answer = { results, info: { seed: '<&>', results: 60, page: 1, version: '1.4' } };

describe('parseFormat', () => {
  it.each([
    ['CSV', 'csv'],
    ['prettyjson', 'pretty'],
    ['pretty', 'pretty'],
    ['yaml', 'yaml'],
    ['xml', 'xml'],
    ['toString', 'json'],
    ['sql', 'json'],
    [undefined, 'json'],
  ])('takes %s as %s', (text, format) => {
    expect(parseFormat(text)).toBe(format);
  });
});

describe('formats', () => {
  it('pretty is the same JSON on many lines', async () => {
    const text = await formats.pretty.write(answer);
    expect(JSON.parse(text)).toEqual(answer);
    expect(text.split('\n').length).toBeGreaterThan(1000);
  });

  it('yaml reads back as the same users', async () => {
    expect(parse(await formats.yaml.write(answer))).toEqual(answer);
  });

  it('csv has a line a user and a column a field, and reads back', async () => {
    const text = await formats.csv.write(answer);
    expect(text).toMatch(/^gender,name\.title,name\.first,name\.last,location\.street\.number,/);
    expect(text.split('\n')).toHaveLength(61);
    const read = csv2json(text) as typeof results;
    expect(read.map(({ name, location }) => [name.first, location.city])).toEqual(
      results.map(({ name, location }) => [name.first, location.city]),
    );
  });

  it('xml has an element a user, with what XML must have escaped', async () => {
    const text = await formats.xml.write(answer);
    expect(text).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<user>\n\t<results>\n\t\t<gender>(fe)?male</,
    );
    expect(text.match(/<uuid>[\da-f-]{36}<\/uuid>/g)).toHaveLength(60);
    expect(text).toContain('<seed>&lt;&amp;&gt;</seed>');
    expect(text).toMatch(/<\/user>\s*$/);
  });
});
