// Browsers that lack something, as scripts that run before those of a page.

export function withoutLocks(): void {
  Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
}

export function withoutTheChannel(): void {
  Reflect.deleteProperty(window, 'BroadcastChannel');
}

/** Locks that pages without this script do not see. */
export function locksApart(): void {
  const { locks } = navigator;
  const prefix = 'apart:';
  const apart = {
    request: (name: string, ...rest: [LockOptions, LockGrantedCallback<unknown>]) =>
      locks.request(prefix + name, ...rest),
    query: async () => {
      const { held = [] } = await locks.query();
      const ours = held.filter((lock) => lock.name?.startsWith(prefix));
      return { held: ours.map((lock) => ({ ...lock, name: lock.name?.slice(prefix.length) })) };
    },
  };
  Object.defineProperty(navigator, 'locks', { value: apart });
}

/** Once, this page does not see yet what another tab has just written: storage travels between processes. */
export function readsTheAttemptLate(name: string): void {
  const { getItem } = Storage.prototype;
  Storage.prototype.getItem = function (wanted: string): string | null {
    if (wanted !== name) return getItem.call(this, wanted);
    Storage.prototype.getItem = getItem;
    return null;
  };
}
