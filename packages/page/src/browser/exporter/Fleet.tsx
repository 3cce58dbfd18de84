/** The exporters that share the outbox, and who delivers what. */
import { Ago } from "../parts/Time.tsx"
import { counted } from "../parts/words.ts"
import type { Overview } from "./model.ts"

export const Fleet = ({ overview, now }: { readonly overview: Overview; readonly now: number }) => {
  const { instances } = overview
  if (instances === undefined) return null
  return (
    <section aria-labelledby="fleet">
      <h2 id="fleet" tabIndex={-1}>
        Fleet: {counted(instances.length, "instance")}
      </h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Instance</th>
              <th scope="col">Roles</th>
              <th scope="col">Joined</th>
              <th scope="col">Heard of</th>
              <th scope="col">Splits it reads</th>
              <th scope="col">Tracks it delivers</th>
            </tr>
          </thead>
          <tbody>
            {instances.map(({ lanes, name, roles, seen, since, splits }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td data-label="Roles">{roles.join(", ")}</td>
                <td data-label="Joined">
                  <Ago time={since} now={now} />
                </td>
                <td data-label="Heard of">
                  <Ago time={seen} now={now} />
                </td>
                <td data-label="Splits it reads">{splits}</td>
                <td data-label="Tracks it delivers">
                  {lanes
                    .map(({ lane, of, route, tracks }) => `${route}/${lane}: ${tracks} of ${of}`)
                    .join("; ") || "none"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
