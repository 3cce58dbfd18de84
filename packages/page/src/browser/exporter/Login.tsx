/** The token is asked for once, and kept as long as the tab is open. */
import { token } from "../parts/ask.ts"

export const Login = ({ isWrong, onGiven }: { readonly isWrong: boolean; readonly onGiven: () => void }) => {
  const onSubmit = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    token.keep(String(new FormData(event.currentTarget).get("token") ?? "").trim())
    onGiven()
  }
  return (
    <main class="login">
      <h1>Millrace</h1>
      <form onSubmit={onSubmit}>
        {isWrong && (
          <p role="alert" class="trouble">
            This is not the token.
          </p>
        )}
        <label>
          The token of this exporter (admin.token of its configuration)
          <input name="token" type="password" autocomplete="current-password" required />
        </label>
        <p class="buttons">
          <button type="submit" class="main">
            Go on
          </button>
        </p>
      </form>
    </main>
  )
}
