// Browsers that lack something, as scripts that run before those of a page.

export function withoutLocks(): void {
  Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
}

export function withoutTheChannel(): void {
  Reflect.deleteProperty(window, 'BroadcastChannel');
}
