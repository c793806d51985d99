export type * from '../ts/tanstack/client'
