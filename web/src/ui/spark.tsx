/** A few figures as a small line of bars, for a row of a table; `label` says it in words. */
export const Spark = ({ label, values }: { readonly label: string; readonly values: readonly number[] }) => {
  const most = Math.max(1, ...values)
  const [width, height] = [values.length * 5, 20]
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      {values
        .map((value, n) => ({ value, x: n * 5, size: value === 0 ? 1 : Math.max(2, (value / most) * height) }))
        .map(({ value, x, size }) => (
          <rect key={x} x={x} y={height - size} width={4} height={size} data-empty={value === 0 || undefined} />
        ))}
    </svg>
  )
}
