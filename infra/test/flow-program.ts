// npm start on a folder of its own and on free ports, for tests.
import { shutdownSignal } from '@sluice/app-runtime';
import { runFlow } from '../src/flow.ts';

const [dataDir = '', records] = process.argv.slice(2);
const complete = await runFlow({
  dataDir,
  ports: {},
  fresh: false,
  signal: shutdownSignal((code) => process.exit(code)),
  env: process.env,
  ...(records === undefined ? {} : { records: Number(records) }),
});
process.exit(complete ? 0 : 1);
