export type { Clock } from './clock.ts';
export { RandomUserError } from './errors.ts';
export type { RandomUserErrorCode } from './errors.ts';
export type {
  PageRequest,
  PagesOptions,
  RandomUserClientOptions,
  RateLimit,
  RequestReport,
} from './options.ts';
export { RandomUserClient } from './random-user-client.ts';
export type { PageInfo, RandomUser, RandomUserPage } from './random-user.ts';
