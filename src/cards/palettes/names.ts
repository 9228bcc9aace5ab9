/** The eleven hues of everyday speech, and what has none. */
export const HUES = [
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'cyan',
  'blue',
  'purple',
  'pink',
  'brown',
  'white',
  'gray',
  'black',
] as const
export type Hue = (typeof HUES)[number]

// The named colours of CSS Color 4, by the hue that people call them. A colour belongs to the hue of its nearest name.
const BY_HUE: Readonly<Record<Hue, string>> = {
  red: 'lightcoral:f08080 indianred:cd5c5c crimson:dc143c firebrick:b22222 red:ff0000 darkred:8b0000 maroon:800000 tomato:ff6347',
  orange:
    'orange:ffa500 darkorange:ff8c00 coral:ff7f50 orangered:ff4500 salmon:fa8072 darksalmon:e9967a lightsalmon:ffa07a sandybrown:f4a460 peachpuff:ffdab9',
  yellow:
    'gold:ffd700 yellow:ffff00 lightyellow:ffffe0 lemonchiffon:fffacd lightgoldenrodyellow:fafad2 papayawhip:ffefd5 moccasin:ffe4b5 palegoldenrod:eee8aa khaki:f0e68c darkkhaki:bdb76b goldenrod:daa520',
  green:
    'greenyellow:adff2f chartreuse:7fff00 lawngreen:7cfc00 lime:00ff00 limegreen:32cd32 palegreen:98fb98 lightgreen:90ee90 mediumspringgreen:00fa9a springgreen:00ff7f mediumseagreen:3cb371 seagreen:2e8b57 forestgreen:228b22 green:008000 darkgreen:006400 yellowgreen:9acd32 olivedrab:6b8e23 olive:808000 darkolivegreen:556b2f darkseagreen:8fbc8f mediumaquamarine:66cdaa',
  teal: 'teal:008080 darkcyan:008b8b lightseagreen:20b2aa cadetblue:5f9ea0',
  cyan: 'aqua:00ffff cyan:00ffff lightcyan:e0ffff paleturquoise:afeeee aquamarine:7fffd4 turquoise:40e0d0 mediumturquoise:48d1cc darkturquoise:00ced1',
  blue: 'lightsteelblue:b0c4de lightblue:add8e6 powderblue:b0e0e6 lightskyblue:87cefa skyblue:87ceeb cornflowerblue:6495ed deepskyblue:00bfff dodgerblue:1e90ff steelblue:4682b4 royalblue:4169e1 blue:0000ff mediumblue:0000cd darkblue:00008b navy:000080 midnightblue:191970',
  purple:
    'lavender:e6e6fa thistle:d8bfd8 plum:dda0dd violet:ee82ee orchid:da70d6 fuchsia:ff00ff magenta:ff00ff mediumorchid:ba55d3 darkorchid:9932cc darkviolet:9400d3 blueviolet:8a2be2 darkmagenta:8b008b purple:800080 mediumpurple:9370db mediumslateblue:7b68ee slateblue:6a5acd darkslateblue:483d8b rebeccapurple:663399 indigo:4b0082',
  pink: 'pink:ffc0cb lightpink:ffb6c1 hotpink:ff69b4 deeppink:ff1493 palevioletred:db7093 mediumvioletred:c71585 mistyrose:ffe4e1 lavenderblush:fff0f5',
  brown:
    'cornsilk:fff8dc blanchedalmond:ffebcd bisque:ffe4c4 navajowhite:ffdead wheat:f5deb3 burlywood:deb887 tan:d2b48c rosybrown:bc8f8f darkgoldenrod:b8860b peru:cd853f chocolate:d2691e saddlebrown:8b4513 sienna:a0522d brown:a52a2a',
  white:
    'white:ffffff snow:fffafa honeydew:f0fff0 mintcream:f5fffa azure:f0ffff aliceblue:f0f8ff ghostwhite:f8f8ff whitesmoke:f5f5f5 seashell:fff5ee beige:f5f5dc oldlace:fdf5e6 floralwhite:fffaf0 ivory:fffff0 antiquewhite:faebd7 linen:faf0e6',
  gray: 'gainsboro:dcdcdc lightgray:d3d3d3 lightgrey:d3d3d3 silver:c0c0c0 darkgray:a9a9a9 darkgrey:a9a9a9 gray:808080 grey:808080 dimgray:696969 dimgrey:696969 lightslategray:778899 lightslategrey:778899 slategray:708090 slategrey:708090 darkslategray:2f4f4f darkslategrey:2f4f4f',
  black: 'black:000000',
}

export interface NamedColor {
  readonly name: string
  /** Six digits after a `#`. */
  readonly hex: string
  readonly hue: Hue
}

/** All names of CSS. @see https://www.w3.org/TR/css-color-4/#named-colors */
export const NAMED_COLORS: ReadonlyMap<string, NamedColor> = new Map(
  HUES.flatMap((hue) =>
    BY_HUE[hue].split(' ').map((entry) => {
      const [name = '', digits = ''] = entry.split(':')
      return [name, { name, hex: `#${digits}`, hue }] as const
    }),
  ),
)

/** Words of other things too: food, places, plants, cloth. A list of them is no list of colours. */
const OTHER_MEANINGS = new Set(
  'orange coral salmon tomato gold khaki wheat tan peru chocolate sienna olive lime plum violet orchid thistle lavender indigo linen ivory snow seashell honeydew azure bisque cornsilk moccasin silver turquoise aqua brown white black chartreuse tan'.split(
    ' ',
  ),
)

/** True for a name that is hardly ever anything but a colour. */
export const isOnlyColor = (name: string): boolean => NAMED_COLORS.has(name) && !OTHER_MEANINGS.has(name)
