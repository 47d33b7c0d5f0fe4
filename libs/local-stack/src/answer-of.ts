import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** Not the global one, which uses HTTP_PROXY with NODE_USE_ENV_PROXY: a proxy cannot reach this machine's own services. */
const direct = new Agent();

/** The JSON that a service on this machine answers. Rejects with its status where that is not 2xx. */
export async function answerOf(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: direct, signal }, resolve).on('error', reject);
  });
  const body = await text(response);
  const { statusCode: status = 0 } = response;
  if (status < 200 || status > 299) throw new Error(`${url} answers ${status}`);
  return JSON.parse(body) as unknown;
}
