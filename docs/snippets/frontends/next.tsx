// #region page
import { headers } from 'next/headers'
import { apiOf } from './server'

export default async function Page() {
  const { items } = await apiOf(await headers()).list({})
  return (
    <ul>
      {items.map((issue) => (
        <li key={String(issue.id)}>{issue.title}</li>
      ))}
    </ul>
  )
}
// #endregion page
