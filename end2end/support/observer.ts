// An API client outside the browser with its own sessions: counts the effects of a click by what the API reports of
// the account. It must not use the database or the browser's cookies.
import { api } from './contract';
import type { User } from './users';

interface SecurityEvent {
  readonly id: string;
  readonly session_id: string | null;
}

interface StoredNote {
  readonly id: string;
}

export class Observer {
  private token: string | undefined;
  private readonly ownSessions = new Set<string>();
  /** The password that worked last, and the one of a change since. */
  private readonly passwords: string[];
  private readonly counted = new Map<string, { newest: string; count: number }>();

  /** `origin` leads to the server without the proxy. */
  constructor(
    private readonly origin: string,
    private readonly account: User,
  ) {
    this.passwords = [account.password];
  }

  /** The user, with the password that worked last. */
  get user(): User {
    return { ...this.account, password: this.passwords[0] ?? '' };
  }

  /** A click may change the password to this one. */
  expectPassword(password: string): void {
    this.passwords.splice(1, Infinity, password);
  }

  /** Logs in to one more session. `false` if there is no such account. */
  async logIn(): Promise<boolean> {
    for (const password of this.passwords) {
      const answer = await fetch(this.origin + api.login, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ email: this.account.email, password }),
      });
      if (!answer.ok) {
        if (answer.status !== 401) throw new Error(`${answer.status} to a login`);
        continue;
      }
      const begun = (await answer.json()) as { access_token: string; session_id: string };
      this.token = begun.access_token;
      this.ownSessions.add(begun.session_id);
      this.passwords.splice(this.passwords.indexOf(password), 1);
      this.passwords.unshift(password);
      return true;
    }
    this.token = undefined;
    return false;
  }

  /** The number of the user's sessions besides those of this client. */
  async sessions(): Promise<number> {
    const answer = await this.get(api.sessions);
    if (!answer) return 0;
    const { sessions } = (await answer.json()) as { sessions: { id: string }[] };
    return sessions.filter(({ id }) => !this.ownSessions.has(id)).length;
  }

  /** The number of events of a kind. A response holds 50: call at least once for so many. */
  async events(kind: string): Promise<number> {
    const { newest, count } = this.counted.get(kind) ?? { newest: '', count: 0 };
    const answer = await this.get(`${api.events}?kind=${kind}`);
    if (!answer) return count;
    const { events } = (await answer.json()) as { events: SecurityEvent[] };
    // Ids sort by time. This client's own logins are no effect of a click.
    const isOwn = (event: SecurityEvent) => kind === 'logged_in' && this.ownSessions.has(event.session_id ?? '');
    const later = events.filter((event) => event.id > newest && !isOwn(event));
    const now = { newest: events[0]?.id ?? newest, count: count + later.length };
    this.counted.set(kind, now);
    return now.count;
  }

  /** The number of the user's notes. */
  async notes(): Promise<number> {
    return (await this.listNotes()).length;
  }

  /** The number of writes to the user's notes: the sum of their versions. */
  async versions(): Promise<number> {
    let sum = 0;
    for (const { id } of await this.listNotes()) {
      const answer = await this.get(`${api.notes}/${id}`);
      sum += Number(answer?.headers.get('ETag')?.replaceAll('"', ''));
    }
    return sum;
  }

  private async listNotes(): Promise<StoredNote[]> {
    const answer = await this.get(api.notes);
    return answer ? ((await answer.json()) as { notes: StoredNote[] }).notes : [];
  }

  /** Logs in first if necessary. Undefined if there is no such account. */
  private async get(path: string): Promise<Response | undefined> {
    const ask = () => fetch(this.origin + path, { headers: { Authorization: `Bearer ${this.token ?? ''}` } });
    if (this.token === undefined && !(await this.logIn())) return undefined;
    let answer = await ask();
    if (answer.status === 401) {
      if (!(await this.logIn())) return undefined;
      answer = await ask();
    }
    if (!answer.ok) throw new Error(`${answer.status} to GET ${path}: ${await answer.text()}`);
    return answer;
  }
}
