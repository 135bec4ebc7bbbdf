/** The types that only okyaku.js itself uses; index.d.ts has those of its callers. */

type Fields = { [key: string]: any };
type Callback = import('./index').Callback;

/** Whose an event is: what was said at boot, and the token it was answered with. */
interface Owner {
  body?: Fields;
  token?: string;
  /** Its events wait for the next boot. */
  failed?: boolean;
  /** 1: shut down. 2: without consent, so its answer leaves nothing in the browser. */
  closed?: number;
}

/** What one boot begins, from the calls that wait for it to the shutdown. */
interface Visit extends Owner {
  /** The visitor's id, where another tab's is in the cookie. */
  veil?: string;
  /** The boot is answered. */
  ready: Promise<void>;
  settle: (error?: Error) => void;
  /** The last call in its name. */
  calls: Promise<void>;
}

/** An event that the server has not answered for. */
interface Item {
  id: string;
  json: string;
  bytes: number;
  /** 1 while its time is this device's, because no boot told the server's. */
  raw: number;
  visit: Owner;
  /** How often. */
  sent: number;
  /** 1 in a request, 2 in one that outlives the page. */
  flying: number;
  /** The batch it may be in, after a larger one was refused. */
  most?: number;
}

interface Failure extends Error {
  status: number;
  retryAfter?: number;
}

type Copy = (name: string, get: () => any, path: any[]) => any;
type Send = (method: string, path: string, body: string, token?: string, keepalive?: boolean) => Promise<Fields>;
type Call = (method: string, path: string, body: Fields, token?: string) => Promise<Fields>;
type CallAs = (of: Visit, method: string, path: string, body: Fields) => Promise<Fields>;
type Change = (name: string, method: string, path: string, body: Fields, callback: Callback) => void;
type Add = (of: Owner, name: string, property: Fields | undefined, createdAt: number, raw?: number) => void;
type Tagger = (name: string, method: string) => (given: unknown, callback: Callback) => void;
type Method = (...args: any[]) => void;
