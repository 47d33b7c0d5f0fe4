import { redactUrls } from '@sluice/telemetry';

const secret = /PASSWORD|TOKEN$|TOKEN_|SECRET|_KEY$/;
const certificate = /_CA$|_CERT$/;

/**
 * Settings as people may see them, by name: secrets and certificates are named as set, and nothing of them is told, and addresses are
 * shown without what may be secret in them. Settings that are not set are left out.
 */
export function shownSettings(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue;
    if (secret.test(name) || certificate.test(name)) shown[name] = '(set)';
    else shown[name] = redactUrls(textOf(value));
  }
  return shown;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
