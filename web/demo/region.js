// @ts-check
/**
 * The region of the development channel, which the server writes into the page, and what follows from the region.
 *
 * @typedef {'KRW' | 'JPY' | 'USD' | 'EUR' | 'GBP'} Currency
 */

/** The phone numbers belong to nobody. @type {{[region: string]: {currency: Currency, phone: string}}} */
const REGIONS = {
  KR: { currency: 'KRW', phone: '010-1234-5678' },
  JP: { currency: 'JPY', phone: '090-1234-5678' },
  US: { currency: 'USD', phone: '(201) 555-0123' },
  GB: { currency: 'GBP', phone: '07700 900123' },
};
const EURO = ['AT', 'BE', 'DE', 'ES', 'FI', 'FR', 'GR', 'IE', 'IT', 'NL', 'PT'];

const region = document.documentElement.dataset.region || '';

/** The phone number is an example that the channel can read: outside these regions an international number. */
export const { currency: CURRENCY, phone: PHONE } =
  REGIONS[region] || { currency: EURO.includes(region) ? 'EUR' : 'USD', phone: '+1 201-555-0123' };
