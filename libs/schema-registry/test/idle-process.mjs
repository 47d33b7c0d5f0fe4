// A client that has asked once and is left open: prints how many ms of CPU it takes in a second, and must then end by itself.
// Needs: node --conditions=@sluice/source, SCHEMA_REGISTRY_URL.
import { SchemaRegistry } from '../src/index.ts';

const registry = new SchemaRegistry({ url: process.env.SCHEMA_REGISTRY_URL });
await registry.subjects();
// what the garbage of the start costs is not the client's
await new Promise((resolve) => setTimeout(resolve, 300));
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, 1_000));
const { user, system } = process.cpuUsage(before);
const cpuMs = (user + system) / 1_000;
const idleSince = performance.now();
process.on('exit', () => {
  console.log(JSON.stringify({ cpuMs, endedAfterMs: performance.now() - idleSince }));
});
