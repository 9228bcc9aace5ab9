/** Every table by name. Each repo adds the tables it owns. */
// biome-ignore lint/suspicious/noEmptyInterface: repos extend it where they live
export interface Tables {}
