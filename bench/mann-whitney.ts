/**
 * How likely two samples differ as much as these do when both come from one distribution: the two-sided rank-sum test of
 * Mann and Whitney, with the normal approximation and the correction for ties. For samples of 20 and more.
 */
export const mannWhitney = (a: readonly number[], b: readonly number[]): number => {
  const all = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))]
  all.sort((one, other) => one.value - other.value)
  let rankSum = 0
  let ties = 0
  for (let start = 0; start < all.length; ) {
    let end = start
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1
    const size = end - start
    // Equal values share the mean of their ranks.
    const rank = (start + 1 + end) / 2
    for (let at = start; at < end; at += 1) if (all[at]?.first) rankSum += rank
    ties += size ** 3 - size
    start = end
  }
  const [m, n, total] = [a.length, b.length, all.length]
  const u = rankSum - (m * (m + 1)) / 2
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)))
  return variance === 0 ? 1 : erfc(Math.abs(u - (m * n) / 2) / Math.sqrt(2 * variance))
}

/** Complementary error function for x >= 0, to 1.5e-7. @see https://dlmf.nist.gov/7 (Abramowitz and Stegun 7.1.26) */
const erfc = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * x)
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return series * Math.exp(-x * x)
}
