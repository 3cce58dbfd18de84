/** The exporters that share the outbox, who delivers what, and what became of that when one went. */
import { Ago } from "../parts/Time.tsx"
import { counted, number } from "../parts/words.ts"
import { type FleetSeen, type Member, type Seen, unowned } from "./model.ts"

type Tracks = Member["lanes"][number]

const textOf = ({ lane, of, route, tracks }: Tracks): string => `${route}/${lane}: ${tracks} of ${of}`

const Row = ({ member, now }: { readonly member: Member; readonly now: number }) => {
  const { lanes, name, roles, seen, since, splits } = member
  return (
    <tr>
      <th scope="row">{name}</th>
      <td data-label="Roles">{roles.join(", ")}</td>
      <td data-label="Joined">
        <Ago time={since} now={now} />
      </td>
      <td data-label="Heard of">
        <Ago time={seen} now={now} />
      </td>
      <td data-label="Splits it reads" class="number">
        {number(splits)}
      </td>
      <td data-label="Tracks it delivers" class="whole">
        {lanes.length === 0 ? "none" : lanes.map((lane) => <div key={textOf(lane)}>{textOf(lane)}</div>)}
      </td>
    </tr>
  )
}

/** What it had is another's by now, or soon will be. */
const GoneRow = ({
  member,
  members,
  now
}: {
  readonly member: Seen
  readonly members: ReadonlyArray<Member>
  readonly now: number
}) => (
  <tr class={member.had.some((lane) => unowned(members, lane) > 0) ? "wrong" : ""}>
    <th scope="row">
      {member.name} <span class="state mild">gone</span>
    </th>
    <td data-label="Roles">{member.roles.join(", ")}</td>
    <td data-label="Joined">
      <Ago time={member.since} now={now} />
    </td>
    <td data-label="Heard of">
      <Ago time={member.seen} now={now} />
    </td>
    <td data-label="Splits it read" class="number">
      {number(member.splits)}
    </td>
    <td data-label="Tracks it delivered" class="whole">
      {member.had.length === 0
        ? "none"
        : member.had.map((lane) => {
            const free = unowned(members, lane)
            return (
              <div key={textOf(lane)}>
                {textOf(lane)}
                {free === 0 ? ", taken over" : <span class="bad">, {number(free)} without an exporter</span>}
              </div>
            )
          })}
    </td>
  </tr>
)

export const Fleet = ({ fleet, now }: { readonly fleet: FleetSeen | undefined; readonly now: number }) => {
  if (fleet === undefined) return null
  const { gone, members } = fleet
  return (
    <section aria-labelledby="fleet">
      <h2 id="fleet" tabIndex={-1}>
        Fleet: {counted(members.length, "instance")}
      </h2>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Instance</th>
              <th scope="col">Roles</th>
              <th scope="col">Joined</th>
              <th scope="col">Heard of</th>
              <th scope="col" class="number">
                Splits it reads
              </th>
              <th scope="col">Tracks it delivers</th>
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <Row key={member.name} member={member} now={now} />
            ))}
            {gone.map((member) => (
              <GoneRow key={member.name} member={member} members={members} now={now} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
