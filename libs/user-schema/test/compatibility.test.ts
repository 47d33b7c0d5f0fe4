import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findings } from '../scripts/compatibility.ts';

interface AvroField {
  readonly name: string;
  readonly type: unknown;
  readonly [attribute: string]: unknown;
}

function record(...fields: readonly AvroField[]) {
  const key = { name: 'id', type: { type: 'string', logicalType: 'uuid' } };
  return { type: 'record', name: 'Order', fields: [key, ...fields] };
}

/** What is found about the step from one version to the next, as `severity field: beginning of the message`. */
function step(before: readonly AvroField[], now: readonly AvroField[]): readonly string[] {
  return findings(record(...now), [{ version: '1', avsc: record(...before) }]).map(
    ({ severity, field, message }) => `${severity} ${field ?? '-'}: ${message.split(/[;,]/)[0] ?? ''}`,
  );
}

const nullable = (type: unknown) => ({ type: ['null', type], default: null });
const decimal = (precision: number, scale: number) => ({
  type: { type: 'bytes', logicalType: 'decimal', precision, scale },
});
const symbols = (...names: readonly string[]) => ({ type: { type: 'enum', name: 'State', symbols: names } });
const absent = 'messages of this version do not have it';
const refused = (reason: string) => `it refuses what messages of this version may hold (${reason})`;

describe('findings', () => {
  it.each<readonly [string, AvroField]>([
    ['a nullable field', { name: 'f', ...nullable('int') }],
    ['a field with a default', { name: 'f', type: 'int', default: 7 }],
  ])('lets %s be added', (_, field) => {
    expect(step([], [field])).toEqual([]);
  });

  it.each<readonly [string, AvroField, AvroField]>([
    ['a field become nullable', { name: 'f', type: 'int' }, { name: 'f', ...nullable('int') }],
    ['a range be wider', { name: 'f', type: 'int', minimum: 3 }, { name: 'f', type: 'int', minimum: 1 }],
    ['an enum have more symbols', { name: 'f', ...symbols('A') }, { name: 'f', ...symbols('A', 'B') }],
    ['a decimal have more digits', { name: 'f', ...decimal(4, 2) }, { name: 'f', ...decimal(6, 2) }],
    ['a doc be written', { name: 'f', type: 'int' }, { name: 'f', type: 'int', doc: 'What it is.' }],
  ])('lets %s', (_, before, now) => {
    expect(step([before], [now])).toEqual([]);
  });

  it.each<readonly [string, AvroField]>([
    ['a required field', { name: 'f', type: 'int' }],
    ['a nullable field without a default', { name: 'f', type: ['null', 'int'] }],
  ])('refuses %s that is added', (_, field) => {
    expect(step([], [field])).toEqual([`problem f: ${absent}`]);
  });

  it.each<readonly [AvroField, AvroField, string]>([
    [{ name: 'f', type: 'int' }, { name: 'f', type: 'long' }, 'its column is int and would become bigint'],
    [{ name: 'f', type: 'long' }, { name: 'f', type: 'int' }, 'its column is bigint and would become int'],
    [
      { name: 'f', type: 'string' },
      { name: 'f', type: { type: 'string', logicalType: 'uuid' } },
      'its column is text and would become uuid',
    ],
    [{ name: 'f', ...nullable('int') }, { name: 'f', type: 'int' }, 'it is required'],
    [{ name: 'f', type: 'double' }, { name: 'f', type: 'double', maximum: 90 }, refused('out-of-range')],
    [
      { name: 'f', type: 'long', minimum: 1 },
      { name: 'f', type: 'long', minimum: 2 },
      refused('out-of-range'),
    ],
    [{ name: 'f', ...symbols('A', 'B') }, { name: 'f', ...symbols('A') }, refused('unknown-symbol')],
    [{ name: 'f', ...decimal(6, 2) }, { name: 'f', ...decimal(4, 2) }, refused('out-of-range')],
    [{ name: 'f', ...decimal(6, 2) }, { name: 'f', ...decimal(6, 1) }, refused('out-of-range')],
    [{ name: 'f', type: 'string' }, { name: 'f', ...symbols('A') }, refused('unknown-symbol')],
  ])('refuses %j as %j', (before, now, message) => {
    expect(step([before], [now])).toEqual([`problem f: ${message}`]);
  });

  it('refuses in Avro alone what JSON would read', () => {
    expect(step([{ name: 'f', ...symbols('A') }], [{ name: 'f', type: 'string' }])).toEqual([
      expect.stringContaining('problem'),
    ]);
    const renamedRecord = { ...record(), name: 'Purchase' };
    expect(findings(renamedRecord, [{ version: '1', avsc: record() }])).toEqual([
      expect.objectContaining({ severity: 'problem', field: undefined }),
    ]);
  });

  it('lets a field be removed, or renamed with an alias, and says what becomes of its column', () => {
    const f = { name: 'f', ...nullable('int') };
    expect(step([f], [])).toEqual(['notice f: removed: messages that have it are read without it']);
    expect(step([f], [{ ...f, name: 'g', aliases: ['f'] }])).toEqual([
      'notice f: renamed to g: messages of both names are read',
    ]);
  });

  it('lets a renamed field have a wider type: its column is a new one', () => {
    const wider = { name: 'g', ...nullable('long'), aliases: ['f'] };
    expect(step([{ name: 'f', ...nullable('int') }], [wider])).toEqual([
      'notice f: renamed to g: messages of both names are read',
    ]);
  });

  it('checks every version, not only the newest', () => {
    const versions = [
      { version: '1', avsc: record({ name: 'f', ...nullable('int') }) },
      { version: '2', avsc: record() },
    ];
    const again = record({ name: 'f', ...nullable('string') });
    expect(findings(again, versions)).toEqual([
      expect.objectContaining({ severity: 'problem', version: '1', field: 'f' }),
    ]);
  });
});

describe('nx run user-schema:compat', () => {
  const project = new URL('../', import.meta.url);
  const compat = (folder: URL, ...args: readonly string[]) =>
    spawnSync(
      process.execPath,
      ['--conditions=@sluice/source', fileURLToPath(new URL('scripts/compat.ts', folder)), ...args],
      { encoding: 'utf8' },
    );

  /** A copy of the schemas and the scripts, inside the project so that they find its packages. */
  function copy(): URL {
    const folder = new URL('test-results/compat/', project);
    for (const name of ['avro', 'scripts'])
      cpSync(new URL(name, project), new URL(name, folder), { recursive: true });
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    return folder;
  }

  function edit(folder: URL, change: (avsc: { fields: object[] }) => void): void {
    const path = new URL('avro/user-record.avsc', folder);
    const avsc = JSON.parse(readFileSync(path, 'utf8')) as { fields: object[] };
    change(avsc);
    writeFileSync(path, JSON.stringify(avsc));
  }

  it('passes for the schema as it is', () => {
    const { status, stdout, stderr } = compat(project);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^avro\/user-record.avsc reads messages of version 1.*, in Avro and JSON/m);
    expect(status).toBe(0);
  });

  it('passes where a nullable field is added, and says that the version is to be kept', () => {
    const folder = copy();
    edit(folder, ({ fields }) => fields.push({ name: 'shoe_size', type: ['null', 'int'], default: null }));
    const { status, stdout } = compat(folder);
    expect(stdout).toContain('copy it to avro/history/2.avsc');
    expect(status).toBe(0);
  });

  it('fails where a required field is added, with one line that names version, field and remedy', () => {
    const folder = copy();
    edit(folder, ({ fields }) => fields.push({ name: 'shoe_size', type: 'int' }));
    const { status, stderr } = compat(folder);
    expect(stderr.split('\n')[0]).toMatch(/^problem: version 1, field shoe_size: .* make it a union of null/);
    expect(stderr.split('\n')).toHaveLength(3);
    expect(status).toBe(1);
  });

  it('fails where a field takes the name of a column of the enrichment, or has no column', () => {
    const folder = copy();
    edit(folder, ({ fields }) => fields.push({ name: 'full_name', type: ['null', 'int'], default: null }));
    expect(compat(folder)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('full_name') as unknown,
    });
    edit(folder, ({ fields }) =>
      fields.splice(-1, 1, { name: 'pets', type: { type: 'array', items: 'string' }, default: [] }),
    );
    expect(compat(folder)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('field pets') as unknown,
    });
  });

  it('explains itself by --help', () => {
    expect(compat(project, '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('usage:') as unknown,
    });
  });
});
