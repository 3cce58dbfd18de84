/** A row of bars, the newest at the right: those of `marked` in the colour of trouble. Its words are for who does not see it. */

const width = 3
const height = 24

export const Bars = ({
  label,
  values,
  marked
}: {
  readonly label: string
  readonly values: ReadonlyArray<number>
  readonly marked?: ReadonlyArray<number>
}) => {
  const most = Math.max(1, ...values)
  return (
    <svg
      class="bars"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${values.length * width} ${height}`}
      preserveAspectRatio="none"
    >
      <title>{label}</title>
      {values.map((value, index) => {
        const isMarked = (marked?.[index] ?? 0) > 0
        const size = value === 0 ? (isMarked ? 3 : 1) : Math.max(2, (value / most) * height)
        return (
          <rect
            key={index}
            class={isMarked ? "bad" : value === 0 ? "none" : "good"}
            x={index * width}
            y={height - size}
            width={width - 1}
            height={size}
          />
        )
      })}
    </svg>
  )
}
