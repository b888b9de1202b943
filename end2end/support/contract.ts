// The names on the wire, once. They repeat crates/shared/src/path.rs on purpose: a test that shared
// the product's constants would follow it into any mistake.

export const api = {
  register: '/api/auth/register',
  login: '/api/auth/login',
  refresh: '/api/auth/refresh',
  logout: '/api/auth/logout',
  confirm: '/api/auth/confirm',
  me: '/api/me',
  password: '/api/me/password',
  name: '/api/me/name',
  sessions: '/api/sessions',
  events: '/api/events',
  notes: '/api/notes',
} as const;

export const pages = {
  home: '/',
  register: '/register',
  login: '/login',
  account: '/account',
  notes: '/notes',
  sessions: '/sessions',
  activity: '/activity',
  settings: '/settings',
  notFound: '/there-is-nothing-here',
} as const;

export const jwks = '/.well-known/jwks.json';

export const loginWithReturn = '/login?next=%2Faccount';

export const refreshCookie = '__Host-Http-refresh';
export const hintCookie = '__Host-signed-in';
/** The accounts that this browser is known to. */
export const devicesCookie = '__Host-Http-devices';
/** What earlier versions set instead, one for each account. */
export const legacyDeviceCookie = '__Host-Http-device-';

/** Where a page keeps the key of an attempt that has not been answered yet. */
export const pendingAttempt = 'baton.attempt';
/** The same of actions, of which one of each kind is kept: the beginning of the names. */
export const pendingAction = 'baton.action.';
/** Where it is kept whose hint the one of the usual name is: this server's, or another's of this host. */
export const hintOwner = 'baton.hint';
/** The channel from tab to tab. */
export const channel = 'baton';
/** The Web Lock around a refresh. */
export const refreshLock = 'baton-refresh';
/** Where a browser keeps the id of the event that its user has dismissed last. */
export const dismissedEvent = 'baton.dismissed';
/** The kinds of events that a page looks out for by itself. */
export const loginAlertKinds = 'new_device,new_network';
