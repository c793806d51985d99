// #region loader
import type { LoaderFunctionArgs } from 'react-router'
import { apiOf } from './server'

export const loader = ({ request }: LoaderFunctionArgs) => apiOf(request.headers).list({})
// #endregion loader
