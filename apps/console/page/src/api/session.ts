import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Role } from '../../../src/contract/common.ts';
import type { Session } from '../../../src/contract/session.ts';
import { call } from './http.ts';

const key = ['session'];

export function useSessionQuery() {
  return useQuery({ queryKey: key, queryFn: ({ signal }) => call('GET /api/session', {}, signal) });
}

/** The session of a page that is shown after the login alone. */
export function useSession(): Session {
  const { data } = useSessionQuery();
  if (!data) throw new Error('there is no session yet');
  return data;
}

export function useRole(): Role | null {
  return useSessionQuery().data?.role ?? null;
}

/** Log in by token, and out. What was read as another is forgotten. */
export function useSignIn() {
  const client = useQueryClient();
  const take = (session: Session) => {
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== key[0] });
    client.setQueryData(key, session);
  };
  return {
    signIn: async (token: string) => {
      take(await call('POST /api/session', { body: { token } }));
    },
    signOut: async () => {
      take(await call('DELETE /api/session', {}));
    },
  };
}
