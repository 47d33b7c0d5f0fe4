const loopback = ['localhost', '127.0.0.1', '::1', '[::1]'];
const proxies = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'];

/**
 * Excludes this machine's own addresses from the proxies that the environment names, which Node uses with NODE_USE_ENV_PROXY: a
 * proxy cannot reach them. The processes that the program starts inherit it.
 */
export function reachLoopbackDirectly(env: NodeJS.ProcessEnv): void {
  if (proxies.every((name) => env[name] === undefined)) return;
  // the lower case one counts where both are set
  const name = env['no_proxy'] === undefined ? 'NO_PROXY' : 'no_proxy';
  const excluded = env[name]?.split(',').filter((host) => host.trim() !== '') ?? [];
  if (!excluded.includes('*')) env[name] = [...new Set([...excluded, ...loopback])].join(',');
}
