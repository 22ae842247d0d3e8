import { createHash } from 'node:crypto'

/** Draws a number from 0 up to 1. */
export type Draw = () => number

/**
 * The same numbers for the same seed and name, on every machine. Each client has a name of its own, so that what it meets does not
 * hang on who of the others was quicker.
 */
export function createDraw(seed: string, name: string): Draw {
  let turn = 0
  return () => createHash('sha256').update(`${seed}|${name}|${turn++}`).digest().readUInt32BE() / 2 ** 32
}
