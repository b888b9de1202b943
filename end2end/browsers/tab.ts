// What these tests do with a browser, whichever it is.

/** Asks a page. The text of an expression, as it is evaluated there. */
export type Expression = string;

export interface Tab {
  /** Returns once the page has been loaded. */
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  /** The value, which must be JSON. */
  evaluate<T>(expression: Expression): Promise<T>;
  /** Presses the middle of the element with the mouse. */
  click(element: Expression): Promise<void>;
  /** Presses keys, with the focus on the element. */
  type(element: Expression, text: string): Promise<void>;
}

export interface DrivenBrowser {
  /** As it names itself. */
  readonly version: string;
  newTab(): Promise<Tab>;
  /** A cookie of the page that was opened last, HttpOnly or not. */
  cookie(name: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: \`cargo xtask browsers\` does it`);
  return value;
}
