// @ts-check
/**
 * What the shop sells.
 *
 * @typedef {import('./region.js').Currency} Currency
 * @typedef {{id: string, name: string, kind: 'linen' | 'clay', price: {[currency in Currency]: number}, line: string,
 *   text: string, facts: {[name: string]: string}}} Product
 */

/** @type {readonly Product[]} */
export const PRODUCTS = [
  {
    id: 'linen-shirt', name: 'Linen shirt', kind: 'linen', price: { KRW: 59000, JPY: 6400, USD: 45, EUR: 42, GBP: 36 },
    line: 'Washed, wide, for warm days',
    text: 'Cut straight and a little long. The cloth is washed before it is sewn, so it fits in August as it did in May.',
    facts: { Cloth: 'Washed linen, 160 g/m²', Sizes: 'One, and generous', Care: '40 °C, no iron needed' },
  },
  {
    id: 'moon-jar', name: 'Moon jar', kind: 'clay', price: { KRW: 128000, JPY: 13900, USD: 98, EUR: 92, GBP: 79 },
    line: 'White porcelain, thrown in two halves',
    text: 'Two bowls, joined at the rim while they are soft. The seam stays visible in low light; no two jars are round alike.',
    facts: { Clay: 'White porcelain', Height: '24 cm', Care: 'Wipe with a damp cloth' },
  },
  {
    id: 'tea-bowl', name: 'Tea bowl', kind: 'clay', price: { KRW: 28000, JPY: 3000, USD: 22, EUR: 20, GBP: 17 },
    line: 'Iron glaze, unglazed foot',
    text: 'Made for both hands. The glaze runs as far as it likes and stops above the foot.',
    facts: { Clay: 'Stoneware', Holds: '320 ml', Care: 'By hand' },
  },
  {
    id: 'linen-apron', name: 'Linen apron', kind: 'linen', price: { KRW: 42000, JPY: 4500, USD: 32, EUR: 30, GBP: 26 },
    line: 'Crossed at the back, two pockets',
    text: 'No bow and no buckle: put it on over the head, and it stays. Deep pockets for a cloth and a spoon.',
    facts: { Cloth: 'Heavy linen, 240 g/m²', Length: '92 cm', Care: '60 °C' },
  },
  {
    id: 'teapot', name: 'Side-handle teapot', kind: 'clay', price: { KRW: 74000, JPY: 8000, USD: 56, EUR: 52, GBP: 45 },
    line: 'Pours without a drip',
    text: 'The handle sits at the side, so one hand pours and the thumb holds the lid. A strainer is cut into the wall.',
    facts: { Clay: 'Red stoneware', Holds: '400 ml', Care: 'Water alone, no soap' },
  },
  {
    id: 'linen-cushion', name: 'Striped cushion', kind: 'linen', price: { KRW: 33000, JPY: 3600, USD: 25, EUR: 24, GBP: 20 },
    line: 'Woven stripe, feather filling',
    text: 'The stripe is woven, not printed. The cover comes off by a hidden zip.',
    facts: { Cloth: 'Linen and cotton', Size: '45 × 45 cm', Care: 'Cover at 40 °C' },
  },
  {
    id: 'side-plate', name: 'Side plate', kind: 'clay', price: { KRW: 24000, JPY: 2600, USD: 18, EUR: 17, GBP: 14 },
    line: 'One brush stroke of cobalt',
    text: 'For bread, for a pear, for keys. One stroke each, painted in one breath.',
    facts: { Clay: 'Stoneware', Across: '18 cm', Care: 'Dishwasher' },
  },
  {
    id: 'tea-towels', name: 'Tea towels, set of three', kind: 'linen', price: { KRW: 27000, JPY: 2900, USD: 21, EUR: 19, GBP: 16 },
    line: 'They dry, and get softer',
    text: 'Three colours of one dye bath: first, second and third dip. Softer after every wash.',
    facts: { Cloth: 'Half linen', Size: '48 × 70 cm', Care: '60 °C' },
  },
];

/** @param {string} id */
export const productOf = (id) => PRODUCTS.find((product) => product.id === id);
