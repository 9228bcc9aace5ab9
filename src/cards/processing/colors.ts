import { distance, fromOklab, type Oklab, toHex, toOklab } from '../palettes/oklab.ts'

const SAMPLES = 4_000
const COLORS = 5
const ROUNDS = 12
/** Less far apart than this, two colours are one to most people. */
const APART = 0.04
const OPAQUE = 128

export interface ColorShare {
  readonly hex: string
  /** Of the picture, 0 to 1. */
  readonly share: number
}

interface Cluster {
  center: Oklab
  count: number
}

/**
 * The five colours that a picture is mostly made of, the largest first: k-means over samples in OKLab, where distances
 * are as people see them. The same pixels always give the same colours.
 *
 * @param rgba Plain pixels. What is transparent does not count.
 */
export const colorsOf = (rgba: Buffer): ColorShare[] => {
  const samples = samplesOf(rgba)
  if (samples.length === 0) return []
  let clusters = seeds(samples).map((center) => ({ center, count: 0 }))
  for (let round = 0; round < ROUNDS; round += 1) clusters = regroup(samples, clusters)
  return merged(clusters).map(({ center, count }) => ({
    hex: toHex(fromOklab(center)),
    share: Math.round((count / samples.length) * 1000) / 1000,
  }))
}

const samplesOf = (rgba: Buffer): Oklab[] => {
  const pixels = Math.floor(rgba.length / 4)
  const step = Math.max(1, pixels / SAMPLES)
  const samples: Oklab[] = []
  for (let pixel = 0; pixel < pixels; pixel += step) {
    const at = Math.floor(pixel) * 4
    const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(at, at + 4)
    if (alpha >= OPAQUE) samples.push(toOklab([red / 255, green / 255, blue / 255]))
  }
  return samples
}

/** Each as far as possible from those before it, so that a small but striking colour is not lost. */
const seeds = (samples: readonly Oklab[]): Oklab[] => {
  const found: Oklab[] = [meanOf(samples)]
  const nearest = samples.map((sample) => distance(sample, found[0]!))
  while (found.length < COLORS) {
    const farthest = nearest.reduce((best, away, index) => (away > nearest[best]! ? index : best), 0)
    if (nearest[farthest]! < APART / 2) break
    const seed = samples[farthest]!
    found.push(seed)
    for (const [index, sample] of samples.entries()) nearest[index] = Math.min(nearest[index]!, distance(sample, seed))
  }
  return found
}

const meanOf = (samples: readonly Oklab[]): Oklab => {
  const sums = [0, 0, 0]
  for (const sample of samples) for (let axis = 0; axis < 3; axis += 1) sums[axis]! += sample[axis]!
  const [l = 0, a = 0, b = 0] = sums.map((sum) => sum / samples.length)
  return [l, a, b]
}

const regroup = (samples: readonly Oklab[], clusters: readonly Cluster[]): Cluster[] => {
  const members = clusters.map((): Oklab[] => [])
  for (const sample of samples) members[nearestOf(sample, clusters)]!.push(sample)
  return members.flatMap((own) => (own.length === 0 ? [] : { center: meanOf(own), count: own.length }))
}

const nearestOf = (sample: Oklab, clusters: readonly Cluster[]): number => {
  let best = 0
  let least = Number.POSITIVE_INFINITY
  for (const [index, { center }] of clusters.entries()) {
    const away = distance(sample, center)
    if (away < least) [best, least] = [index, away]
  }
  return best
}

const merged = (clusters: readonly Cluster[]): Cluster[] => {
  const kept: Cluster[] = []
  for (const cluster of [...clusters].sort((one, other) => other.count - one.count)) {
    const twin = kept.find(({ center }) => distance(center, cluster.center) < APART)
    if (twin === undefined) kept.push({ ...cluster })
    else twin.count += cluster.count
  }
  return kept.sort((one, other) => other.count - one.count)
}
