// #region form
import { zodResolver } from '@hookform/resolvers/zod'
import { useForm } from 'react-hook-form'
import { api } from './api'
import { NewIssue } from './schemas'

export function IssueForm() {
  const { register, handleSubmit, formState } = useForm<NewIssue>({
    resolver: zodResolver(NewIssue),
    defaultValues: { title: '', priority: 3 },
  })
  return (
    <form onSubmit={handleSubmit((issue) => api.create(issue))}>
      <input {...register('title')} />
      {formState.errors.title?.message}
      <input type="number" {...register('priority', { valueAsNumber: true })} />
      {formState.errors.priority?.message}
      <button>Create</button>
    </form>
  )
}
// #endregion form
