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

const SHIPPING = { KRW: 3000, JPY: 350 };
const FREE_FROM = { KRW: 100000, JPY: 11000 };

/** @type {Map<string, any>} */
const unkept = new Map();

/** Storage may be blocked or full: then the visit forgets at the next load. @param {string} key @param {any} otherwise */
function read(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem('demo-shop.' + key) || 'null') ?? unkept.get(key) ?? otherwise;
  } catch {
    return unkept.get(key) ?? otherwise;
  }
}

/** @param {string} key @param {any} value null: remove it */
function write(key, value) {
  unkept.set(key, value);
  try {
    if (value === null) localStorage.removeItem('demo-shop.' + key);
    else localStorage.setItem('demo-shop.' + key, JSON.stringify(value));
  } catch {
    // it stays in this page
  }
  dispatchEvent(new Event('demo-shop:changed'));
}

export const cart = {
  /** @returns {{[id: string]: number}} */
  quantities: () => read('cart', {}),
  /** @param {string} id @param {number} quantity 0: take it out */
  put(id, quantity) {
    const { [id]: _, ...others } = cart.quantities();
    write('cart', quantity > 0 ? { ...others, [id]: Math.min(quantity, 99) } : others);
  },
  empty: () => write('cart', null),
  count: () => Object.values(cart.quantities()).reduce((sum, quantity) => sum + quantity, 0),
  /** In the order of the catalogue. @returns {Line[]} */
  lines() {
    const quantities = cart.quantities();
    return PRODUCTS.filter(({ id }) => quantities[id]).map((product) =>
      ({ product, quantity: quantities[product.id], amount: product.price[currency.now()] * quantities[product.id] }));
  },
};

export const wishes = {
  /** @returns {string[]} */
  ids: () => read('wishes', []).filter(productOf),
  /** @param {string} id */
  has: (id) => wishes.ids().includes(id),
  /** @param {string} id @returns {boolean} whether it is wished for now */
  toggle(id) {
    const had = wishes.has(id);
    write('wishes', had ? wishes.ids().filter((other) => other !== id) : [...wishes.ids(), id]);
    return !had;
  },
};

export const currency = {
  /** @returns {Currency} */
  now: () => (read('currency', 'KRW') === 'JPY' ? 'JPY' : 'KRW'),
  /** @param {string} value */
  set: (value) => write('currency', value),
};

/** @param {number} amount @param {Currency} [unit] */
export const money = (amount, unit = currency.now()) =>
  new Intl.NumberFormat('en', { style: 'currency', currency: unit, currencyDisplay: 'narrowSymbol' }).format(amount);

export const session = {
  /** @returns {Member | null} */
  member: () => read('member', null),
  /** @param {Member} member */
  begin: (member) => write('member', member),
  end: () => write('member', null),
  /** The member is gone from this browser, but not yet erased. @param {string} memberId */
  leave(memberId) {
    write('leaving', memberId);
    session.end();
  },
  /** @returns {string | null} */
  leaving: () => read('leaving', null),
};

export const orders = {
  /** What the cart amounts to now, under the number it has since its checkout began. @returns {Order} */
  draft() {
    const lines = cart.lines();
    const unit = currency.now();
    const goods = lines.reduce((sum, line) => sum + line.amount, 0);
    const shippingAmount = goods >= FREE_FROM[unit] ? 0 : SHIPPING[unit];
    const id = read('order-number', null) || 'M-' + (Date.now() % 1e9).toString(36).toUpperCase();
    return {
      id, currency: unit, totalAmount: goods + shippingAmount, shippingAmount,
      products: lines.map(({ product, quantity, amount }) => ({ id: product.id, name: product.name, quantity, amount })),
    };
  },
  /** Whether this is the first look at this checkout. @param {Order} order */
  begin(order) {
    const first = read('order-number', null) !== order.id;
    if (first) write('order-number', order.id);
    return first;
  },
  /** @param {Order} order */
  place(order) {
    write('orders', [order, ...orders.all()].slice(0, 20));
    write('order-number', null);
    cart.empty();
  },
  /** Newest first. @returns {Order[]} */
  all: () => read('orders', []),
  /** @param {string} id */
  find: (id) => orders.all().find((order) => order.id === id),
};

/** What was the customer's own goes with the customer. */
export function forget() {
  for (const key of ['cart', 'wishes', 'orders', 'order-number', 'member', 'leaving']) write(key, null);
}
