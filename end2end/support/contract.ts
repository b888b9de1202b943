// The names on the wire, once. They repeat crates/shared/src/path.rs on purpose: a test that shared
// the product's constants would follow it into any mistake.

export const api = {
  register: '/api/auth/register',
  login: '/api/auth/login',
  refresh: '/api/auth/refresh',
  logout: '/api/auth/logout',
  me: '/api/me',
} as const;

export const pages = {
  home: '/',
  register: '/register',
  login: '/login',
  account: '/account',
  nowhere: '/there-is-nothing-here',
} as const;

export const publicKeys = '/.well-known/jwks.json';

export const loginAndBack = '/login?next=%2Faccount';

export const refreshCookie = '__Host-Http-refresh';
export const hintCookie = '__Host-signed-in';

/** Where a page keeps the key of an attempt that has not been answered yet. */
export const pendingAttempt = 'baton.attempt';
/** The channel from tab to tab. */
export const channel = 'baton';
/** The Web Lock around a refresh. */
export const refreshLock = 'baton-refresh';
