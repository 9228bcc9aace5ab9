/** A picture as SVG of 1200 by `height`, that looks like one that somebody took or cut out. */
export interface Scene {
  readonly height: number
  readonly svg: string
}

export const SCENE_WIDTH = 1200

/** Numbers from 0 to 1, the same for the same seed. */
export const random = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const whole = (height: number, [from, to]: readonly [string, string], content: string): Scene => ({
  height,
  svg:
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SCENE_WIDTH}" height="${height}" viewBox="0 0 ${SCENE_WIDTH} ${height}">` +
    `<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${from}"/>` +
    `<stop offset="1" stop-color="${to}"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#sky)"/>${content}</svg>`,
})

/** A line of hills from side to side, filled down to the bottom. */
const ridge = (next: () => number, top: number, rise: number, bottom: number, fill: string): string => {
  const [a, b, c] = [next() * 6, next() * 6, next() * 6]
  const points = Array.from({ length: 61 }, (_, at) => {
    const x = at / 60
    const y = top - rise * (0.6 * Math.sin(2.2 * x + a) + 0.3 * Math.sin(5.1 * x + b) + 0.1 * Math.sin(13 * x + c))
    return `${(x * SCENE_WIDTH).toFixed(0)} ${y.toFixed(0)}`
  })
  return `<path d="M0 ${bottom} L${points.join(' L')} L${SCENE_WIDTH} ${bottom}Z" fill="${fill}"/>`
}

export const hills = (seed: number, height: number, sky: readonly [string, string], inks: readonly string[]): Scene => {
  const next = random(seed)
  const sun = `<circle cx="${300 + next() * 600}" cy="${height * 0.34}" r="${58 + next() * 30}" fill="#fff3d6" opacity="0.9"/>`
  const layers = inks.map((ink, at) =>
    ridge(next, height * (0.5 + (at * 0.5) / inks.length), height * (0.1 - at * 0.01), height, ink),
  )
  return whole(height, sky, sun + layers.join(''))
}

/** White houses with tiled roofs on a slope, and the sea behind. */
export const town = (seed: number, height: number): Scene => {
  const next = random(seed)
  const houses = Array.from({ length: 74 }, (_, at) => {
    const row = Math.floor(at / 14)
    const [w, h] = [82 + next() * 60, 70 + next() * 70]
    const [x, y] = [(at % 14) * 92 - 40 + next() * 30, height * (0.4 + row * 0.12) + next() * 26]
    const wall = ['#fbf6ea', '#f3e6cf', '#f7ddc4', '#e9eef0', '#fde9d9'][Math.floor(next() * 5)]
    const roof = ['#c8623f', '#b9533a', '#d47a4f'][Math.floor(next() * 3)]
    const windows = Array.from({ length: 2 }, (_, n) => {
      const left = (x + w * (0.2 + n * 0.4)).toFixed(0)
      return `<rect x="${left}" y="${(y + h * 0.45).toFixed(0)}" width="14" height="22" fill="#47606e" opacity="0.75"/>`
    })
    return (
      `<rect x="${x.toFixed(0)}" y="${y.toFixed(0)}" width="${w.toFixed(0)}" height="${(h + 90).toFixed(0)}" fill="${wall}"/>` +
      `<path d="M${(x - 7).toFixed(0)} ${y.toFixed(0)} l${(w / 2 + 7).toFixed(0)} -34 l${(w / 2 + 7).toFixed(0)} 34Z" fill="${roof}"/>${windows.join('')}`
    )
  })
  const sea = `<rect y="${height * 0.3}" width="100%" height="${height * 0.2}" fill="#4f8fa6"/>`
  return whole(height, ['#bfe0ee', '#f6ead2'], sea + houses.join(''))
}

/** Leaves on both sides of some stems, as in a herbarium. */
export const leaves = (seed: number, height: number, paper: string, inks: readonly string[]): Scene => {
  const next = random(seed)
  const stems = Array.from({ length: 4 }, (_, stem) => {
    const x = 170 + stem * 285 + next() * 60
    const ink = inks[stem % inks.length]
    const pairs = Array.from({ length: 9 }, (_, at) => {
      const y = height * 0.92 - at * height * 0.09
      const size = (1 - at / 12) * (70 + next() * 40)
      return [-1, 1].map((side) => {
        const tip = `${(side * size * 1.5).toFixed(0)} ${(-size * 0.7).toFixed(0)}`
        return `<path d="M${x.toFixed(0)} ${y.toFixed(0)} q${(side * size * 0.3).toFixed(0)} ${(-size).toFixed(0)} ${tip} q${(-side * size * 0.4).toFixed(0)} ${(size * 0.75).toFixed(0)} ${(-side * size * 1.5).toFixed(0)} ${(size * 0.7).toFixed(0)}Z" fill="${ink}" opacity="0.86"/>`
      })
    })
    return `<path d="M${x.toFixed(0)} ${height * 0.97} V${height * 0.1}" stroke="${ink}" stroke-width="6"/>${pairs.flat().join('')}`
  })
  return whole(height, [paper, paper], stems.join(''))
}

/** Lines of one height, as on a map for walkers. */
export const contours = (seed: number, height: number, paper: string, ink: string): Scene => {
  const next = random(seed)
  const peaks = Array.from({ length: 3 }, () => [next() * SCENE_WIDTH, next() * height, 0.7 + next() * 0.6] as const)
  const rings = peaks.flatMap(([x, y, wide]) =>
    Array.from({ length: 13 }, (_, at) => {
      const r = 34 + at * 36
      const points = Array.from({ length: 48 }, (_, n) => {
        const angle = (n / 48) * 2 * Math.PI
        const bend = 1 + 0.13 * Math.sin(3 * angle + x) + 0.07 * Math.sin(5 * angle + y)
        return `${(x + r * wide * bend * Math.cos(angle)).toFixed(0)} ${(y + r * bend * Math.sin(angle)).toFixed(0)}`
      })
      const width = at % 4 === 0 ? 4 : 1.6
      return `<path d="M${points.join(' L')}Z" fill="none" stroke="${ink}" stroke-width="${width}" opacity="0.55"/>`
    }),
  )
  return whole(height, [paper, paper], rings.join(''))
}

/** Bowls and fruit on a table. */
export const stillLife = (seed: number, height: number): Scene => {
  const next = random(seed)
  const table = `<rect y="${height * 0.66}" width="100%" height="${height * 0.34}" fill="#c9a37c"/>`
  const bowl = (x: number, r: number, ink: string) =>
    `<ellipse cx="${x}" cy="${height * 0.82}" rx="${r}" ry="22" fill="#000" opacity="0.14"/>` +
    `<path d="M${x - r} ${height * 0.58} a${r} ${r * 0.8} 0 0 0 ${2 * r} 0Z" fill="${ink}"/>` +
    `<ellipse cx="${x}" cy="${height * 0.58}" rx="${r}" ry="${r * 0.2}" fill="#00000033"/>`
  const fruit = Array.from({ length: 7 }, (_, at) => {
    const [x, r] = [170 + at * 140 + next() * 40, 42 + next() * 22]
    const ink = ['#e8b42c', '#e59a2e', '#c7482f', '#8fa63b'][Math.floor(next() * 4)]
    const y = height * 0.84 - r * 0.4
    return `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${r.toFixed(0)}" fill="${ink}"/><circle cx="${(x - r * 0.3).toFixed(0)}" cy="${(y - r * 0.35).toFixed(0)}" r="${(r * 0.22).toFixed(0)}" fill="#fff" opacity="0.35"/>`
  })
  return whole(
    height,
    ['#e7ddcf', '#d8c6b0'],
    table + bowl(380, 210, '#4d6f7c') + bowl(850, 160, '#efe7da') + fruit.join(''),
  )
}

/** A page with a headline, as sites give it to those who link to them. */
export const poster = (paper: string, ink: string, accent: string, lines: readonly string[]): Scene => {
  const words = lines.map(
    (line, at) =>
      `<text x="80" y="${250 + at * 112}" font-family="Georgia, serif" font-size="96" fill="${ink}">${line}</text>`,
  )
  const bar = `<rect x="84" y="110" width="120" height="14" fill="${accent}"/><circle cx="1060" cy="500" r="190" fill="${accent}" opacity="0.85"/>`
  return whole(630, [paper, paper], bar + words.join(''))
}
