// The wire contract: paths, cookies, storage keys. It repeats crates/shared/src/path.rs on purpose: a test that
// shared the product's constants would follow it into any mistake.

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
/** The accounts that this browser is a known device of. */
export const devicesCookie = '__Host-Http-devices';
/** What earlier versions set instead, one for each account. */
export const legacyDeviceCookie = '__Host-Http-device-';

/** The storage key of an unanswered attempt's key. */
export const pendingAttempt = 'baton.attempt';
/** The prefix of the same for actions, one of each kind. */
export const pendingAction = 'baton.action.';
/** The storage key that says whose the hint cookie is: this server's, or another's on this host. */
export const hintOwner = 'baton.hint';
/** The BroadcastChannel between tabs. */
export const channel = 'baton';
/** The Web Lock around a refresh. */
export const refreshLock = 'baton-refresh';
/** The storage key of the event id of the login alert dismissed last. */
export const dismissedEvent = 'baton.dismissed';
/** The kinds of events that a page polls for login alerts. */
export const loginAlertKinds = 'new_device,new_network';
