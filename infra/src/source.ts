import { redactUrls } from '@sluice/telemetry';

const publicApi = 'https://randomuser.me/api/';

export interface SourceChoice {
  /** Undefined for the bundled server, whose address is known once it runs. */
  readonly url: string | undefined;
  /** One line for people: which source it is, and why. */
  readonly line: string;
}

/** SOURCE_URL where it is set, else the RandomUser API where it answers within 3 s, else the bundled server. */
export async function chooseSource(configured: string | undefined): Promise<SourceChoice> {
  if (configured) return { url: configured, line: `source: ${redactUrls(configured)} (SOURCE_URL)` };
  const reason = await fetch(`${publicApi}?results=1&inc=login`, { signal: AbortSignal.timeout(3_000) }).then(
    ({ ok, status }) => (ok ? undefined : `answers ${status}`),
    () => 'cannot be reached',
  );
  return reason === undefined
    ? { url: publicApi, line: `source: the RandomUser API, ${publicApi}` }
    : { url: undefined, line: `source: the bundled random-user-server (${publicApi} ${reason})` };
}
