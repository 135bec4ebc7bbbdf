// @ts-check
/**
 * What this shop remembers in this browser, under `demo-shop.…`: a real shop keeps it in its own database. Okyaku's own
 * keys are none of these.
 *
 * @typedef {import('./products.js').Product} Product
 * @typedef {import('./products.js').Currency} Currency
 * @typedef {{memberId: string, memberHash: string, name: string, email: string, phone: string, marketing: boolean}} Member
 *   who is logged in; the hash came from the shop's server
 * @typedef {{product: Product, quantity: number, amount: number}} Line
 *   amount: of all pieces
 * @typedef {{id: string, currency: Currency, totalAmount: number, shippingAmount: number,
 *   products: {id: string, name: string, quantity: number, amount: number}[]}} Order
 */
import { PRODUCTS, productOf } from './products.js';
import { CURRENCY } from './region.js';

/** @type {{[currency in Currency]: number}} */
const SHIPPING = { KRW: 3000, JPY: 350, USD: 5, EUR: 5, GBP: 4 };
/** @type {{[currency in Currency]: number}} */
const FREE_FROM = { KRW: 100000, JPY: 11000, USD: 80, EUR: 75, GBP: 65 };

const PREFIX = 'demo-shop.';
/** These belong to a person. */
const LISTS = ['cart', 'wishes', 'orders', 'order-number'];

/** The values that the storage did not take: it may be blocked or full. They last as long as this page.
 * @type {Map<string, any>} */
const unkept = new Map();

/** @param {string} key @param {any} otherwise */
function read(key, otherwise) {
  if (unkept.has(key)) return unkept.get(key) ?? otherwise;
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) || 'null') ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} key @param {any} value null: remove it */
function write(key, value) {
  unkept.delete(key);
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    unkept.set(key, value);
  }
  dispatchEvent(new Event('demo-shop:changed'));
}

/** The key of a list of the person who is here, so that no member reads the list of another. @param {string} list */
const own = (list) => {
  const member = session.member();
  return member ? `${list}:${member.memberId}` : list;
};

/** Removes everything that this browser keeps of the person who was here. */
function forget() {
  unkept.clear();
  let keys = [...LISTS, 'member'];
  try {
    keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
  } catch {
    // blocked: the page alone had them
  }
  for (const key of keys) write(key, null);
}

export const cart = {
  /** @returns {{[id: string]: number}} */
  quantities: () => read(own('cart'), {}),
  /** @param {string} id @param {number} quantity 0: take it out */
  put(id, quantity) {
    const { [id]: _, ...others } = cart.quantities();
    write(own('cart'), quantity > 0 ? { ...others, [id]: Math.min(quantity, 99) } : others);
  },
  empty: () => write(own('cart'), null),
  count: () => Object.values(cart.quantities()).reduce((sum, quantity) => sum + quantity, 0),
  /** In the order of the catalogue. @returns {Line[]} */
  lines() {
    const quantities = cart.quantities();
    return PRODUCTS.filter(({ id }) => quantities[id]).map((product) =>
      ({ product, quantity: quantities[product.id], amount: product.price[CURRENCY] * quantities[product.id] }));
  },
};

export const wishes = {
  /** @returns {string[]} */
  ids: () => read(own('wishes'), []).filter(productOf),
  /** @param {string} id */
  has: (id) => wishes.ids().includes(id),
  /** @param {string} id @returns {boolean} whether it is wished for now */
  toggle(id) {
    const had = wishes.has(id);
    write(own('wishes'), had ? wishes.ids().filter((other) => other !== id) : [...wishes.ids(), id]);
    return !had;
  },
};

/** @param {number} amount @param {Currency} [unit] */
export const money = (amount, unit = CURRENCY) =>
  new Intl.NumberFormat('en', { style: 'currency', currency: unit, currencyDisplay: 'narrowSymbol' }).format(amount);

export const session = {
  /** @returns {Member | null} */
  member: () => read('member', null),
  /** The lists of the visitor become the member's, as the visitor does. @param {Member} member */
  begin(member) {
    const visitor = session.member() ? [] : LISTS.map((list) => ({ list, value: read(list, null) }));
    if (session.member()) forget();
    write('member', member);
    for (const { list, value } of visitor) {
      write(list, null);
      if (value !== null) write(own(list), value);
    }
  },
  /** The details of the member who is here. @param {Partial<Member>} changes */
  change(changes) {
    const member = session.member();
    if (member) write('member', { ...member, ...changes });
  },
  end: forget,
  /** The member is gone from this browser, but not yet erased. @param {string} memberId */
  leave(memberId) {
    forget();
    write('leaving', memberId);
  },
  left: () => write('leaving', null),
  /** @returns {string | null} */
  leaving: () => read('leaving', null),
};

export const orders = {
  /** What the cart amounts to now, under the number it has since its checkout began. @returns {Order} */
  draft() {
    const lines = cart.lines();
    const unit = CURRENCY;
    const goods = lines.reduce((sum, line) => sum + line.amount, 0);
    const shippingAmount = goods >= FREE_FROM[CURRENCY] ? 0 : SHIPPING[CURRENCY];
    const id = read(own('order-number'), null) || 'M-' + (Date.now() % 1e9).toString(36).toUpperCase();
    return {
      id, currency: CURRENCY, totalAmount: goods + shippingAmount, shippingAmount,
      products: lines.map(({ product, quantity, amount }) => ({ id: product.id, name: product.name, quantity, amount })),
    };
  },
  /** Whether this is the first look at this checkout. @param {Order} order */
  begin(order) {
    const first = read(own('order-number'), null) !== order.id;
    if (first) write(own('order-number'), order.id);
    return first;
  },
  /** @param {Order} order */
  place(order) {
    write(own('orders'), [order, ...orders.all()].slice(0, 20));
    write(own('order-number'), null);
    cart.empty();
  },
  /** Newest first. @returns {Order[]} */
  all: () => read(own('orders'), []),
  /** @param {string} id */
  find: (id) => orders.all().find((order) => order.id === id),
};
