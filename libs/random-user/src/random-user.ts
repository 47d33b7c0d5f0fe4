/**
 * A user as RandomUser 1.4 documents it: https://randomuser.me/documentation#results. The client does not check
 * it: a page holds `unknown`, and whoever reads a user checks what it needs.
 */
export interface RandomUser {
  readonly gender: string;
  readonly name: { readonly title: string; readonly first: string; readonly last: string };
  readonly location: {
    readonly street: { readonly number: number; readonly name: string };
    readonly city: string;
    readonly state: string;
    readonly country: string;
    /** Text where the country's post codes have letters or leading zeros. */
    readonly postcode: number | string;
    readonly coordinates: { readonly latitude: string; readonly longitude: string };
    readonly timezone: { readonly offset: string; readonly description: string };
  };
  readonly email: string;
  readonly login: {
    readonly uuid: string;
    readonly username: string;
    readonly password: string;
    readonly salt: string;
    readonly md5: string;
    readonly sha1: string;
    readonly sha256: string;
  };
  /** ISO 8601, UTC, with milliseconds; age in full years. */
  readonly dob: { readonly date: string; readonly age: number };
  readonly registered: { readonly date: string; readonly age: number };
  readonly phone: string;
  readonly cell: string;
  readonly id: { readonly name: string; readonly value: string | null };
  readonly picture: { readonly large: string; readonly medium: string; readonly thumbnail: string };
  /** ISO 3166-1 alpha-2, capital letters. */
  readonly nat: string;
}

/** One answer of the API. */
export interface RandomUserPage {
  /** Each of them a RandomUser, if the source keeps to its documentation. Never empty. */
  readonly users: readonly unknown[];
  readonly info: PageInfo;
}

export interface PageInfo {
  readonly seed: string;
  /** How many users the page has. */
  readonly results: number;
  /** From 1. */
  readonly page: number;
  /** Of the API, such as 1.4. */
  readonly version: string;
}
