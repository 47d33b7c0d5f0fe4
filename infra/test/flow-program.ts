// npm start on a folder of its own and on free ports, with the bundled source, for tests.
import { shutdownSignal } from '@sluice/app-runtime';
import { runFlow, type Writer } from '../src/flow.ts';

const [dataDir = '', sourcePort, writer = '', records] = process.argv.slice(2);
const complete = await runFlow({
  dataDir,
  ports: { 'random-user-server': Number(sourcePort) },
  fresh: false,
  writer: writer as Writer,
  extras: [],
  signal: shutdownSignal((code) => process.exit(code)),
  env: { ...process.env, SOURCE_URL: `http://127.0.0.1:${sourcePort}/api/` },
  ...(records === undefined ? {} : { records: Number(records) }),
});
process.exit(complete ? 0 : 1);
