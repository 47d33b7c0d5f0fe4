import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SchemaRegistry } from '@sluice/schema-registry';
import { userRecordSchema } from '@sluice/user-schema';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { workspace, WorkspaceCopy } from '../workspace-copy.ts';
import { WriterFixture } from '../writer-fixture.ts';
import { WriterProcess } from '../writer-process.ts';

const guide = readFileSync(join(workspace, 'docs', 'evolution.md'), 'utf8');

/** The code blocks of a section of the guide, in order. */
function codeBlocks(heading: string): readonly string[] {
  const [, section = ''] = new RegExp(`^## ${heading}$(.*?)^## `, 'ms').exec(guide) ?? [];
  return [...section.matchAll(/^ *```\w+\n(.*?)^ *```$/gms)].map(([, code = '']) =>
    code.replace(/^ +/gm, '').trim(),
  );
}

function program(app: string, folder = workspace): string {
  return join(folder, 'apps', app, 'src', 'main.ts');
}

describe('a schema that gains a field, as docs/evolution.md says', () => {
  let fixture: WriterFixture;
  let next: WorkspaceCopy;
  let source: WriterProcess;

  beforeEach(async () => {
    next = new WorkspaceCopy();
    source = new WriterProcess(['serve', '--port', '0', '--json'], {}, program('random-user-server'));
    fixture = await (await WriterFixture.create()).migrated();
  });
  afterEach(async () => {
    source.kill('SIGTERM');
    next.remove();
    await fixture.drop();
  });

  /** Runs the producer of a version for some users, half of them in JSON and half in Avro. */
  async function produce(count: number, folder?: string): Promise<void> {
    const { url } = await source.until(() => JSON.parse(source.stdout) as { url: string });
    const runs = ['json', 'avro'].map(async (format) => {
      const producer = new WriterProcess(
        ['run', '--count', String(count / 2)],
        { ...fixture.env, SOURCE_URL: url, MESSAGE_FORMAT: format },
        program('producer', folder),
      );
      expect(await producer.ended, producer.messages).toBe(0);
    });
    await Promise.all(runs);
  }

  async function stopped(writer: WriterProcess): Promise<void> {
    writer.kill('SIGTERM');
    expect(await writer.ended, writer.messages).toBe(0);
  }

  async function timezones(): Promise<readonly unknown[]> {
    return (await fixture.rows('timezone')).map(({ timezone }) => timezone).filter((value) => value !== null);
  }

  it('loses nothing on the way, whichever version reads or writes', { timeout: 180_000 }, async () => {
    let rows = 0;
    const written = (writer: WriterProcess, more: number) => {
      rows += more;
      return writer.until(async () => expect(await fixture.rowCount()).toBe(rows));
    };
    const old = fixture.start('serve');
    await produce(20);
    await written(old, 20);

    const [field = '', place = '', commands = ''] = codeBlocks('Add a field');
    next.edit('libs/user-schema/avro/user-record.avsc', (text) => text.replace(/\n {2}\]\n/, `,${field}$&`));
    next.edit('libs/user-schema/src/random-user-mapping.ts', (text) =>
      text.replace(/const places: .*? = \{\n/, `$&  ${place}\n`),
    );
    for (const command of commands.split('\n')) {
      const { code, output } = next.run(command);
      expect(code, output).toBe(0);
    }

    const migration = await fixture.run('migrate', {}, ['--json'], program('stream-writer', next.folder));
    expect(migration.code, migration.writer.messages).toBe(0);
    const { statements } = (migration.writer.summary as { cassandra: { statements: string[] } }).cassandra;
    expect(statements).toEqual([expect.stringMatching(/^ALTER TABLE .* ADD .*timezone.* text/)]);
    await produce(10);
    await written(old, 10);

    // A producer that is ahead of the writers: they go on without the field ...
    await produce(10, next.folder);
    await written(old, 10);
    expect(await timezones()).toEqual([]);
    expect((await old.logged('it is ignored')).field).toBe('timezone');
    await stopped(old);

    // ... or wait for writers that have it.
    const waiting = fixture.start('serve', { UNKNOWN_FIELDS: 'pause' });
    await produce(10, next.folder);
    await waiting.until(async () =>
      expect((await waiting.readiness()).reasons).toEqual([expect.stringContaining('unknown-field')]),
    );
    expect(await fixture.rowCount()).toBe(rows);
    await stopped(waiting);

    const current = fixture.start('serve', {}, ['--json'], program('stream-writer', next.folder));
    await written(current, 10);
    expect(await timezones()).toHaveLength(10);
    // Producers of both versions, for as long as the roll-out takes.
    await produce(10);
    await produce(10, next.folder);
    await written(current, 20);
    expect(await timezones()).toHaveLength(20);
    await stopped(current);

    // What was ignored is stored by reading the topic again.
    const reread = await fixture.run('offsets', {}, ['--to', 'earliest', '--yes']);
    expect(reread.code, reread.writer.messages).toBe(0);
    const drain = await fixture.run('drain', {}, ['--json'], program('stream-writer', next.folder));
    expect(drain.code, drain.writer.messages).toBe(0);
    expect(await fixture.rowCount()).toBe(rows);
    const stored = await timezones();
    expect(stored).toHaveLength(30);
    for (const timezone of stored) expect(timezone).toMatch(/^[+-]?\d{1,2}:\d\d$/);
    expect(await fixture.letters()).toEqual([]);
  });
});

describe('the registry', () => {
  type Fields = readonly { readonly name: string; readonly type: unknown }[];
  const { fields } = userRecordSchema.avsc as { readonly fields: Fields };
  const changed = (name: string, change: object) =>
    fields.map((field) => (field.name === name ? { ...field, ...change } : field));

  /** By the first words of their rows in the guide. */
  const changes: Readonly<Record<string, Fields>> = {
    'add a nullable field': [...fields, { name: 'x', type: ['null', 'int'], ...{ default: null } }],
    'add a required field': [...fields, { name: 'x', type: 'int' }],
    'remove a field': fields.filter(({ name }) => name !== 'cell'),
    'rename a field, with an alias': changed('cell', { name: 'mobile', aliases: ['cell'] }),
    'rename a field, without an alias': changed('cell', { name: 'mobile' }),
    'widen int to long': changed('age', { type: ['null', 'long'] }),
    'change a logical type': changed('registered_date', {
      type: ['null', { type: 'long', logicalType: 'timestamp-micros' }],
    }),
    'any other change of a type': changed('age', { type: ['null', 'string'] }),
    'make a nullable field required': changed('age', { type: 'int', default: 0 }),
    narrow: changed('age', { maximum: 99 }),
  };

  it.each(Object.entries(changes))('answers as the guide says to: %s', async (words, changedFields) => {
    const registry = new SchemaRegistry({ url: process.env.SCHEMA_REGISTRY_URL ?? '' });
    onTestFinished(() => registry.close());
    const subject = `evolution-${randomUUID()}-value`;
    await registry.setCompatibility('BACKWARD_TRANSITIVE', subject);
    await registry.register(subject, { avsc: userRecordSchema.avsc });
    const row = guide.split('\n').find((line) => line.startsWith(`| ${words}`));
    const said = row?.split('|')[3]?.trim();
    const avsc = { ...(userRecordSchema.avsc as object), fields: changedFields };
    const { compatible } = await registry.checkCompatibility(subject, { avsc });
    expect(compatible ? 'accepts' : 'refuses').toBe(said);
  });
});
