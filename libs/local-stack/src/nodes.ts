import type { BuiltInService } from './options.ts';

/** The names of a service's nodes: its own where it is one node, numbered ones in a cluster. */
export function nodeNames(service: BuiltInService, nodes: number): readonly string[] {
  return nodes === 1 ? [service] : Array.from({ length: nodes }, (_, index) => `${service}-${index + 1}`);
}

/** Those that are nodes of a built-in service, in the order of their numbers. */
export function nodesOf<T extends { readonly name: string }>(
  service: BuiltInService,
  all: readonly T[],
): readonly T[] {
  const name = new RegExp(`^${service}(-\\d+)?$`);
  return all
    .filter((one) => name.test(one.name))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** A JVM that compiles once and quickly: three that start together on two cores need half the processor time. */
export function clusterJvm(nodes: number): readonly string[] {
  return nodes === 1 ? [] : ['-XX:TieredStopAtLevel=1'];
}
