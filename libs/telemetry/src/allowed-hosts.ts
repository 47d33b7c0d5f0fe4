import { isIP } from 'node:net';

/**
 * Whether a program may answer a request that came with this Host header, so that a web page cannot read it through a name that it
 * lets point here (DNS rebinding). Allowed are IP addresses, since rebinding needs a name; the loopback names of RFC 6761; and the
 * names given, in lower case and without a port. A request without the header is not from a browser, and allowed.
 */
export function isAllowedHost(header: string | undefined, allowed: readonly string[] = []): boolean {
  if (header === undefined || header === '') return true;
  const name = hostOf(header);
  if (name === undefined) return false;
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || allowed.includes(name);
}

/** The host of `host`, `host:port` or `[address]:port`, in lower case and without a dot at its end. */
function hostOf(header: string): string | undefined {
  const [, address, name] = /^(?:\[([^\][]+)\]|([^:]+))(?::\d{1,5})?$/.exec(header) ?? [];
  return address ?? name?.toLowerCase().replace(/\.$/, '');
}
