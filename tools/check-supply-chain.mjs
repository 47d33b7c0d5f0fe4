// node tools/check-supply-chain.mjs: that what is installed is what was reviewed. Every package of the locks has a hash and names no
// registry, no package runs a program when it is installed, and images install nothing without a hash.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

/** Packages with an install script, which is not run (`ignore-scripts` in .npmrc), and why they work without it. None needs one. */
const WITHOUT_THEIR_SCRIPT = {
  'cpu-features': 'an optional part of ssh2',
  esbuild: 'replaces a script by the binary that it starts; the binary is a package of its own',
  nx: 'warms a cache',
  protobufjs: 'warns of versions',
  ssh2: 'builds a faster cipher; it has one in JavaScript',
};
const PYTHON_LOCKS = ['spark-jobs/requirements.lock', 'dags/requirements.lock'];
const IMAGES = 'infra/images';
const COMPOSE_FILES = ['infra/compose.yaml', 'infra/compose.zookeeper.yaml', 'infra/compose.insecure.yaml'];
const README = 'infra/README.md';

const read = (file) => readFileSync(join(root, file), 'utf8');
const problems = [
  ...npmLock('package-lock.json'),
  ...PYTHON_LOCKS.flatMap(pythonLock),
  ...dockerfiles().flatMap(dockerfile),
  ...COMPOSE_FILES.flatMap(composeFile),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);

function npmLock(file) {
  const { packages } = JSON.parse(read(file));
  const installed = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && !link,
  );
  const scripted = installed.filter(([, entry]) => entry.hasInstallScript).map(([path]) => nameOf(path));
  return [
    ...installed
      .filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'))
      .map(
        ([path]) =>
          `${file}: ${path} has no integrity: npm writes none for a copy that it finds installed in a workspace; remove node_modules there and the entry, and run npm install`,
      ),
    ...installed
      .filter(([, { resolved }]) => resolved !== undefined)
      .map(([path]) => `${file}: ${path} names where it came from ("resolved"): remove that line`),
    ...scripted
      .filter((name) => !(name in WITHOUT_THEIR_SCRIPT))
      .map(
        (name) =>
          `${file}: ${name} has an install script, which is not run: see that it works without, and list it in tools/check-supply-chain.mjs`,
      ),
    ...Object.keys(WITHOUT_THEIR_SCRIPT)
      .filter((name) => !scripted.includes(name))
      .map((name) => `tools/check-supply-chain.mjs: ${name} has no install script any more: remove it`),
    ...(/^ignore-scripts=true$/m.test(read('.npmrc')) ? [] : ['.npmrc: has to say ignore-scripts=true']),
  ];
}

function nameOf(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function pythonLock(file) {
  return joined(read(file))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      if (line.startsWith('-')) return [`${file}: has an option: ${line}`];
      const [requirement = ''] = line.split(' ');
      return /^[\w.[\]-]+==[^ ]+( ;.*?)? --hash=sha256:[0-9a-f]{64}/.test(line)
        ? []
        : [`${file}: ${requirement} has no version and hash: lock it with hashes`];
    });
}

function dockerfiles() {
  const files = readdirSync(join(root, IMAGES), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('Dockerfile')).map((file) => join(IMAGES, file));
}

function dockerfile(file) {
  const lines = joined(read(file)).filter((line) => !line.startsWith('#'));
  const commands = lines
    .filter((line) => line.startsWith('RUN '))
    .flatMap((line) => line.split(/&&|;|\|\|?/));
  const stages = new Set(lines.flatMap((line) => /^FROM \S+ AS (\S+)/.exec(line)?.[1] ?? []));
  const images = lines
    .flatMap((line) => /^FROM (\S+)|--from=([^\s,]+)/.exec(line)?.slice(1) ?? [])
    .filter((image) => image !== undefined && !stages.has(image));
  return [
    ...commands.flatMap((command) => unhashed(command).map((what) => `${file}: ${what}: ${command.trim()}`)),
    ...images.flatMap((image) => byTag(file, image)),
  ];
}

function composeFile(file) {
  const images = [...read(file).matchAll(/^ +image: '?([^\s']+)/gm)].map(([, image]) => image);
  return images.filter((image) => !image.startsWith('sluice/')).flatMap((image) => byTag(file, image));
}

function byTag(file, image) {
  if (image.includes('@sha256:') || read(README).includes(`\`${image}\``)) return [];
  return [`${file}: ${image} has no digest, and is not among the images by tag in ${README}`];
}

/** What a command installs without a hash. */
function unhashed(command) {
  const [, pip] = /\bpip3?\s+(install|wheel|download)\b/.exec(command) ?? [];
  const has = (option) => command.includes(` ${option}`);
  if (pip === 'wheel' && !(has('--no-deps') && has('--no-build-isolation')))
    return [
      'pip wheel fetches what it builds with, without hashes, unless it has --no-deps --no-build-isolation',
    ];
  if (pip && pip !== 'wheel' && !has('--require-hashes')) return [`pip ${pip} without --require-hashes`];
  if (/\bnpm\s+(install|i|add)\b/.test(command))
    return ['npm ci takes what is in the lock, npm install more'];
  return [];
}

/** The lines, with those that a backslash continues joined, and without comments among them. */
function joined(text) {
  return text
    .replace(/^\s+#.*\n/gm, '')
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim());
}
