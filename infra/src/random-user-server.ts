import type { ServiceDefinition } from '@sluice/local-stack';
import { appCommand } from './workspace.ts';

/** The bundled source, as one more service of the stack. */
export const randomUserServer: ServiceDefinition = {
  name: 'random-user-server',
  version: '1.4',
  prepare: ({ port }) =>
    Promise.resolve(appCommand('random-user-server', 'serve', '--host', '127.0.0.1', '--port', String(port))),
  async probe(port) {
    const response = await fetch(`${sourceUrl(port)}?results=1`, { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the source answered ${response.status}`);
  },
};

export function sourceUrl(port: number): string {
  return `http://127.0.0.1:${port}/api/`;
}
