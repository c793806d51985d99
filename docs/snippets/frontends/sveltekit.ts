// #region load
import type { ServerLoad } from '@sveltejs/kit'
import { apiOf } from './server'

export const load: ServerLoad = ({ request }) => apiOf(request.headers).list({})
// #endregion load
