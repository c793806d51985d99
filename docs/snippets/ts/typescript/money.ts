/** Minor units, so that no amount is rounded. */
export type Money = number & { readonly unit?: 'minor' }
