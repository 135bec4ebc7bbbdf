/** What a page may call, and what it may set before the script is loaded. */

export type JsonValue = string | number | boolean | null | undefined | Date | bigint | JsonValue[] | { [key: string]: JsonValue };

/** Values of a profile. Null clears one. */
export type Profile = { [key: string]: JsonValue };

export interface BootOption {
  /** The channel's. */
  pluginKey: string;
  /** Who is logged in; blank or absent for a visitor. */
  memberId?: string | number | null;
  /** The proof: HMAC-SHA256 of the memberId under the channel's secret, made by the shop's server. */
  memberHash?: string | null;
  profile?: Profile | null;
  /** Written only where nothing is yet. */
  profileOnce?: Profile | null;
  language?: string | null;
  /** Both flags at once. */
  unsubscribe?: boolean | null;
  unsubscribeEmail?: boolean | null;
  unsubscribeTexting?: boolean | null;
  /** False leaves the `PageView` out. */
  trackDefaultEvent?: boolean;
  /** False leaves UTM parameters and the referrer out. */
  trackUtmSource?: boolean;
  /** The messenger's options are taken and not used. */
  [messenger: string]: unknown;
}

export interface UserInfo {
  /** These three go into the profile. */
  name?: string | null;
  email?: string | null;
  mobileNumber?: string | null;
  /** Null resets it. */
  profile?: Profile | null;
  profileOnce?: Profile;
  /** Replaces those that pages set. */
  tags?: string[] | null;
  language?: string | null;
  unsubscribe?: boolean;
  unsubscribeEmail?: boolean;
  unsubscribeTexting?: boolean;
}

/** The customer as a page may see it. */
export interface User {
  id: string;
  memberId: string | null;
  name: string | null;
  avatarUrl: string | null;
  profile: { [key: string]: unknown };
  tags: string[];
  language: string | null;
  alert: number;
  unread: number;
  unsubscribeEmail: boolean;
  unsubscribeTexting: boolean;
  member: boolean;
  type: string;
  sessionsCount: number | null;
}

export interface CallError extends Error {
  /** The server's; 0 where none answered, 422 for a call that cannot be used, 451 where the visitor did not consent. */
  status: number;
  commonErrorCode?: string;
  details?: { field: string; message: string }[];
}

/** A field that the server did not store, and why. */
export interface Dropped {
  field: string;
  message: string;
}

/** `dropped` is empty if all was stored, and after an error. */
export type Callback = (error: CallError | null, user: User | null, dropped: Dropped[]) => void;

export interface ChannelIO {
  (method: 'boot', option: BootOption, callback?: Callback): void;
  (method: 'shutdown'): void;
  (method: 'track', name: string, property?: { [key: string]: JsonValue } | null): void;
  (method: 'updateUser', info: UserInfo, callback?: Callback): void;
  (method: 'addTags' | 'removeTags', tags: string[], callback?: Callback): void;
  (method: 'setPage', name: string, profile?: unknown): void;
  (method: 'resetPage'): void;
  /** False: nothing is stored in the browser, nothing is sent. The page keeps the answer and says it on each page. */
  (method: 'consent', given: boolean): void;
  /** Called after each boot with who booted, and at once if a boot is answered. */
  (method: 'onBoot', callback: (user: User) => void): void;
  /** Called after each boot with 0 unread messages and 0 alerts: there is no messenger. */
  (method: 'onBadgeChanged', callback: (unread: number, alert: number) => void): void;
  /** Forgets the callbacks of `onBoot` and `onBadgeChanged`. */
  (method: 'clearCallbacks'): void;
  /** The messenger's calls do nothing. */
  (method: MessengerMethod, ...args: unknown[]): void;
  /** The calls that waited for the script, where this is the stub. */
  q?: ArrayLike<unknown>[];
  c?: (args: ArrayLike<any>) => void;
}

export type MessengerMethod =
  | `show${string}` | `hide${string}` | `open${string}` | `on${string}`
  | 'lounge' | 'setAppearance';

declare global {
  interface Window {
    ChannelIO?: ChannelIO;
    ChannelIOInitialized?: boolean;
    /** Where Okyaku is, if not where the script came from. */
    OKYAKU_API?: string;
    /** False before the script is loaded: as `ChannelIO('consent', false)`, from the start. */
    OKYAKU_CONSENT?: boolean;
  }
  /** There as soon as the script has run. */
  var ChannelIO: ChannelIO;
}
