// Browsers without a feature, as init scripts that run before those of a page.

export function withoutWebLocks(): void {
  Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
}

export function withoutBroadcastChannel(): void {
  Reflect.deleteProperty(window, 'BroadcastChannel');
}

/** Web Locks that pages without this script do not see. */
export function withPartitionedLocks(): void {
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

/** Without one of the two stores of the attempt key. */
export function withoutIndexedDb(): void {
  Object.defineProperty(window, 'indexedDB', { value: undefined });
}

/** As some browsers are after a long sleep: requests neither succeed nor fail. */
export function withHangingIndexedDb(): void {
  IDBFactory.prototype.open = () => ({}) as IDBOpenDBRequest;
}

/** Writes of another tab to localStorage are not seen for a second after the first read, as between processes. */
export function withDelayedStorageReads(name: string): void {
  const { getItem, setItem } = Storage.prototype;
  let begun: number | undefined;
  let own: string | null = null;
  Storage.prototype.setItem = function (wanted: string, value: string): void {
    if (wanted === name) own = value;
    setItem.call(this, wanted, value);
  };
  Storage.prototype.getItem = function (wanted: string): string | null {
    if (wanted !== name) return getItem.call(this, wanted);
    begun ??= Date.now();
    return Date.now() < begun + 1_000 ? own : getItem.call(this, wanted);
  };
}
