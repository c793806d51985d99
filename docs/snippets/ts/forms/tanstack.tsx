// #region form
import { useForm } from '@tanstack/react-form'
import { api } from './api'
import { NewIssue } from './schemas'

const empty: NewIssue = { title: '', priority: 3, reporter: null, due: null }

export function IssueForm() {
  const form = useForm({
    defaultValues: empty,
    validators: { onChange: NewIssue },
    onSubmit: ({ value }) => api.create(value),
  })
  return (
    <form onSubmit={(event) => (event.preventDefault(), form.handleSubmit())}>
      <form.Field name="title">
        {(field) => (
          <label>
            Title
            <input value={field.state.value} onChange={(event) => field.handleChange(event.target.value)} />
            {field.state.meta.errors.map((issue) => issue?.message)}
          </label>
        )}
      </form.Field>
      <form.Field name="due">
        {(field) => (
          <input type="date" onChange={(event) => field.handleChange(event.target.valueAsDate)} />
        )}
      </form.Field>
      <button>Create</button>
    </form>
  )
}
// #endregion form
