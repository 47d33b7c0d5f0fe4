import { Fragment, type ReactNode } from 'react';

/** Names need not be unique, as those of headers; then each fact has a key of its own before its name. */
type Fact =
  readonly [name: string, value: ReactNode] | readonly [key: string | number, name: string, value: ReactNode];

/** Names and values in two columns. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map((fact) => (
        <Fragment key={fact[0]}>
          <dt>{fact.length === 3 ? fact[1] : fact[0]}</dt>
          <dd>{fact.at(-1)}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
