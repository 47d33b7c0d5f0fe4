import { isPortFree, type StackOptions } from '@sluice/local-stack';

/** Those of the ports that are free; a service without one gets another. Taken ones are said. */
export async function freeOnes(
  ports: Readonly<Record<string, number>>,
  onProgress: StackOptions['onProgress'],
): Promise<Partial<Record<string, number>>> {
  const free: Partial<Record<string, number>> = {};
  for (const [name, port] of Object.entries(ports)) {
    if (await isPortFree(port)) free[name] = port;
    else onProgress?.(`${name}: port ${port} is taken, a free one is used`);
  }
  return free;
}
