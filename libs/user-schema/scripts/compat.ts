// nx run user-schema:compat: says whether avro/user-record.avsc can follow the versions in avro/history; fails if not.
import { readdirSync, readFileSync } from 'node:fs';
import { SchemaError } from '@sluice/record-schema';
import { findings } from './compatibility.ts';
import { userColumns } from './contract.ts';

const usage = `usage: npx nx run user-schema:compat

Checks avro/user-record.avsc against every released version, avro/history/<number>.avsc, without a registry: that it reads
the messages of each, in Avro (as the registry's level BACKWARD_TRANSITIVE does) and in JSON, and that the columns
of a table that is there keep their types. Exits 1 with a line for each problem. docs/evolution.md is the guide.`;

const project = new URL('../', import.meta.url);

function check(): number {
  const text = read('avro/user-record.avsc');
  const avsc: unknown = JSON.parse(text);
  const columns = userColumns(avsc);
  const released = releasedVersions();
  const found = findings(avsc, released);
  for (const { severity, version, field, message } of found) {
    const line = `${severity}: version ${version}${field === undefined ? '' : `, field ${field}`}: ${message}`;
    if (severity === 'problem') console.error(line);
    else console.log(line);
  }
  const problems = found.filter(({ severity }) => severity === 'problem').length;
  if (problems > 0) {
    console.error(
      `avro/user-record.avsc cannot follow the released versions: ${problems} to fix; see docs/evolution.md`,
    );
    return 1;
  }
  const newest = released.at(-1);
  if (newest === undefined || JSON.stringify(newest.avsc) !== JSON.stringify(avsc))
    console.log(
      `notice: avro/user-record.avsc is not released yet; with its release, copy it to avro/history/${Number(newest?.version ?? 0) + 1}.avsc`,
    );
  console.log(
    `avro/user-record.avsc reads messages of version ${released.map(({ version }) => version).join(', ') || 'none'}, in Avro and JSON; ` +
      `the ${columns.length} columns keep their types`,
  );
  return 0;
}

/** Oldest first. */
function releasedVersions() {
  return readdirSync(new URL('avro/history/', project))
    .map((file) => {
      const [, version] = /^(\d+)\.avsc$/.exec(file) ?? [];
      if (version === undefined)
        throw new Error(`avro/history/${file} is not named <number>.avsc; rename it`);
      return { version, avsc: JSON.parse(read(`avro/history/${file}`)) as unknown };
    })
    .sort((one, other) => Number(one.version) - Number(other.version));
}

function read(path: string): string {
  return readFileSync(new URL(path, project), 'utf8');
}

if (process.argv.includes('--help')) console.log(usage);
else
  try {
    process.exitCode = check();
  } catch (error) {
    // Anything else is a fault of this program, and its trace is wanted.
    if (!(error instanceof SchemaError || error instanceof SyntaxError)) throw error;
    console.error(`problem: avro/user-record.avsc or a version of it: ${error.message}`);
    process.exitCode = 1;
  }
