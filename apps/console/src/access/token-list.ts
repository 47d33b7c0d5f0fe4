import type { Role } from '../contract/common.ts';

export interface NamedToken {
  readonly token: string;
  /** In the log of changes: the name beside the token, or else the role. */
  readonly who: string;
}

const minLength = 16;
const roles: readonly string[] = ['viewer', 'operator'] satisfies Role[];

/**
 * The tokens of a role: one a line, each alone or after the name of who has it (`ada 2Jv0…`). Empty lines and those that begin
 * with `#` are left out.
 * @throws Error saying what is wrong, never a token
 */
export function parseTokens(text: string, role: Role): NamedToken[] {
  const lines = text.split('\n').map((line) => line.trim());
  const tokens = lines.flatMap((line, index): NamedToken[] => {
    if (line === '' || line.startsWith('#')) return [];
    const words = line.split(/\s+/);
    const token = words.at(-1) ?? '';
    const who = words.length > 1 ? words[0] : role;
    const place = lines.length > 1 ? `line ${index + 1} ` : '';
    if (words.length > 2 || who === undefined)
      throw new Error(`${place}needs one token, or a name and a token`);
    if (token.length < minLength)
      throw new Error(`${place}needs a token of at least ${minLength} characters`);
    if (words.length > 1 && (!/^[\w.@-]{1,64}$/.test(who) || roles.includes(who)))
      throw new Error(
        `${place}needs a name of at most 64 letters, digits, dots, hyphens, underscores or @, which is no role`,
      );
    return [{ token, who }];
  });
  if (tokens.length === 0) throw new Error(`needs a token of at least ${minLength} characters`);
  return tokens;
}
