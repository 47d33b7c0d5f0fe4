import { useSearchParams } from 'wouter';

/**
 * A choice that is part of the page's address, so that it can be shared and comes back. Never for what may be
 * personal: addresses are kept by browsers and logs.
 */
export function useParameter(name: string, fallback = ''): [string, (value: string) => void] {
  const [search, setSearch] = useSearchParams();
  const set = (value: string) => {
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === fallback) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  };
  return [search.get(name) ?? fallback, set];
}
