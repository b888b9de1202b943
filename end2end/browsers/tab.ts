// What these tests need of a browser, Firefox or WebKit.

/** A JavaScript expression, evaluated in the page. */
export type Expression = string;

export interface Tab {
  /** Returns once the page is loaded. */
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  /** The value must be JSON. */
  evaluate<T>(expression: Expression): Promise<T>;
  /** Clicks the middle of the element with the mouse. */
  click(element: Expression): Promise<void>;
  /** Types with the keyboard, with the focus on the element. */
  type(element: Expression, text: string): Promise<void>;
}

export interface DrivenBrowser {
  /** Name and version, as the browser reports them. */
  readonly version: string;
  newTab(): Promise<Tab>;
  /** A cookie of the page opened last, HttpOnly or not. */
  cookie(name: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: \`cargo xtask browsers\` does it`);
  return value;
}
